/** The style of the page around the picture, in the colors of `PICTURE_STYLE`. */
export const PAGE_STYLE = `
*{box-sizing:border-box}
html{color-scheme:light dark}
body{margin:0 auto;padding:1rem;max-width:100rem;background:var(--paper);color:var(--ink);font:16px/1.45 system-ui,sans-serif}
h1{font-size:1.25rem;margin:0;overflow-wrap:anywhere}h2{font-size:1.05rem;margin:1.5rem 0 .5rem}
.verdict{margin:.25rem 0 1rem;font-weight:600;overflow-wrap:anywhere}.good{color:var(--mount-edge)}.bad{color:var(--bad-edge)}
.player{position:sticky;top:0;z-index:1;display:flex;flex-wrap:wrap;gap:.5rem;align-items:center;padding:.5rem 0;background:var(--paper);border-bottom:1px solid var(--line)}
button{font:inherit;padding:.3rem .8rem;border:1px solid var(--line);border-radius:6px;background:var(--disk);color:var(--ink);cursor:pointer}
#at{flex:1 1 10rem;min-width:6rem;accent-color:var(--layer-edge)}
#now{flex:1 1 100%;min-height:1.5em;color:var(--soft);overflow-wrap:anywhere}
.scroll{overflow:auto;margin:1rem 0;max-height:85vh}
.picture{display:block;margin:0 auto;max-width:none;height:auto}
:focus-visible{outline:3px solid var(--layer-edge);outline-offset:2px}
.box:focus{outline:none}.box:focus-visible rect{stroke-width:4}
.box,.lines path,.waves li{transition:opacity .25s}
.gone{opacity:.16}.box.next rect{stroke-width:3.5}
table{border-collapse:collapse;width:100%;max-width:62rem;table-layout:fixed}td,th{padding:.15rem .6rem .15rem 0;text-align:left;vertical-align:top;font-weight:400;overflow-wrap:anywhere}
tr>*{font-size:.9rem}.number,.limit{white-space:nowrap;color:var(--soft);text-align:right;width:3.5rem}
tr>th{font-family:ui-monospace,"DejaVu Sans Mono",monospace;width:46%}.problems th{width:34%}
.waves{list-style:none;margin:0;padding:0}.waves li{border-left:3px solid var(--line);padding:.1rem 0 .1rem .8rem;margin:.35rem 0}
.waves p,summary{margin:0;font-size:.8rem;color:var(--soft)}
.waves li.next{border-color:var(--layer-edge)}.mute th{color:var(--doubt-edge)}.problems th{color:var(--bad-edge)}.legend{margin:0 0 1rem;font-size:.85rem;color:var(--soft)}.disks{color:var(--soft)}
@media (prefers-reduced-motion:reduce){.box,.lines path,.waves li{transition:none}}
@media (max-width:30rem){tr{display:grid;grid-template-columns:2.2rem 1fr auto}tr>.number,tr>.limit{width:auto}.problems tr>*{width:auto}tr>th{width:auto}tr>td:nth-child(3){grid-column:2;grid-row:2;color:var(--soft)}.problems tr{grid-template-columns:1fr}}
@media print{.player{display:none}.scroll{overflow:visible;max-height:none}}
`.replaceAll("\n", "");

/**
 * Steps through the waves: the arrow keys move by one, Home and End jump to the ends, the space bar
 * plays. Names are read from attributes only and inserted as text.
 */
export const PAGE_SCRIPT = `
(()=>{"use strict";
const q=(s)=>[...document.querySelectorAll(s)],by=(id)=>document.getElementById(id);
const at=by("at");if(!at)return;
const last=+at.max,parts=q("[data-last]"),waves=q("[data-wave]");let timer=0;
const show=(n)=>{
at.value=n;
for(const p of parts){p.classList.toggle("gone",n>0&&+p.dataset.last<=n);p.classList.toggle("next",+p.dataset.first<=n+1&&+p.dataset.last>n)}
for(const w of waves){const k=+w.dataset.wave;w.classList.toggle("gone",k<=n);w.classList.toggle("next",k===n+1)}
const w=waves[n-1];by("now").textContent=n===0?"everything is attached":n+" of "+last+": "+w.dataset.say+(n===last?" \\u2013 done":"")};
const stop=()=>{clearInterval(timer);timer=0;by("play").textContent="Play"};
const move=(d)=>{stop();show(Math.min(last,Math.max(0,+at.value+d)))};
const play=()=>{if(timer)return stop();if(+at.value===last)show(0);by("play").textContent="Pause";
timer=setInterval(()=>{if(+at.value<last)show(+at.value+1);if(+at.value===last)stop()},900)};
at.addEventListener("input",()=>{stop();show(+at.value)});
by("back").onclick=()=>move(-1);by("on").onclick=()=>move(1);by("play").onclick=play;
addEventListener("keydown",(e)=>{
if(e.altKey||e.ctrlKey||e.metaKey||e.target===at||e.target.closest(".scroll"))return;
const d={ArrowLeft:-1,ArrowRight:1,Home:-last,End:last}[e.key];
if(d!==undefined){e.preventDefault();move(d)}
else if(e.key===" "&&e.target.tagName!=="BUTTON"&&e.target.tagName!=="SUMMARY"){e.preventDefault();play()}});
show(0)})();
`.trim();
