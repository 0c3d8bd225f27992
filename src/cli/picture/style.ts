/** Colors for light and dark. Problems also have another outline, not only another color. */
export const PICTURE_STYLE = `
:root{--paper:#fff;--ink:#1c2430;--soft:#5c6773;--line:#9aa5b1;--mount:#e3f4e8;--mount-edge:#3c8d57;--layer:#e4eefc;--layer-edge:#3a6fb7;--disk:#eceff2;--disk-edge:#77828d;--bad:#fde8e6;--bad-edge:#c62828;--doubt:#fff3d6;--doubt-edge:#b26a00}
@media (prefers-color-scheme:dark){:root{--paper:#14181d;--ink:#e6eaee;--soft:#a2adb8;--line:#5b6670;--mount:#17301f;--mount-edge:#5fb57c;--layer:#17263b;--layer-edge:#6fa3e6;--disk:#23292f;--disk-edge:#87929c;--bad:#3b1817;--bad-edge:#f2726a;--doubt:#38290c;--doubt-edge:#e0a23c}}
.paper{fill:var(--paper)}
.picture text{font:12px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;fill:var(--ink);white-space:pre}
.picture .what{fill:var(--soft)}
.lines path{fill:none;stroke:var(--line);stroke-width:1.4}
.box rect{fill:var(--disk);stroke:var(--disk-edge);stroke-width:1.4}
.mount rect{fill:var(--mount);stroke:var(--mount-edge)}
.layer rect{fill:var(--layer);stroke:var(--layer-edge)}
.api rect,.own rect{fill:none;stroke-dasharray:3 3}
.mute rect{fill:var(--doubt);stroke:var(--doubt-edge);stroke-dasharray:6 3}
.held rect{fill:none;stroke:var(--bad-edge)}
.stays rect{fill:var(--bad);stroke:var(--bad-edge);stroke-width:2.6}
`.replaceAll("\n", "");
