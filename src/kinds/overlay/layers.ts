const LAYER_KEYS: ReadonlySet<string> = new Set([
  "lowerdir",
  "lowerdir+",
  "datadir+",
  "upperdir",
  "workdir",
]);

/**
 * The directories that an overlay is made of, from its super options. They are
 * as the caller of mount(2) wrote them, relative to its root at that time
 * (kernel: Documentation/filesystems/overlayfs.rst).
 */
export function listOverlayLayers(superOptions: readonly string[]): readonly string[] {
  const layers: string[] = [];
  for (const option of superOptions) {
    const equals = option.indexOf("=");
    const key = option.slice(0, equals);
    if (!LAYER_KEYS.has(key)) continue;
    const value = option.slice(equals + 1);
    // Only "lowerdir" is a list; "::" stands before data-only layers.
    layers.push(...(key === "lowerdir" ? splitLayers(value) : [unescapeLayer(value)]));
  }
  return layers.filter((layer) => layer.startsWith("/"));
}

function splitLayers(value: string): readonly string[] {
  const parts = value.match(/(?:\\[\s\S]|[^\\:])+/g) ?? [];
  return parts.map(unescapeLayer);
}

/** "\:" and "\," stand for the character itself. */
function unescapeLayer(layer: string): string {
  return layer.includes("\\") ? layer.replace(/\\([\s\S])/g, "$1") : layer;
}
