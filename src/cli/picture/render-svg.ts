import { clip, widthOf } from "../../text/columns.ts";
import { showBytes } from "../../text/show-bytes.ts";
import { escapeXml } from "./escape-xml.ts";
import type { BoxKind, Group, GroupGraph } from "./group-nodes.ts";
import { BOX_HEIGHT, type Layout, layOut, type Place } from "./lay-out.ts";
import { PICTURE_STYLE } from "./style.ts";

// The width of a character in a monospaced font of 12 px.
const CHARACTER = 7.3;
const PADDING = 14;
const WIDEST_TEXT = 30;
const ROUND = 6;

/** Renders a file of its own, light or dark as the viewer prefers. */
export function renderSvg(graph: GroupGraph, title: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${renderPicture(graph, title, PICTURE_STYLE)}\n`;
}

/** Renders the element alone, for a document that already has the style. */
export function renderPicture(graph: GroupGraph, title: string, style = ""): string {
  const texts = graph.groups.map(makeTexts);
  const widths = texts.map(({ name, what }) =>
    Math.ceil(Math.max(widthOf(name), widthOf(what)) * CHARACTER + PADDING * 2),
  );
  const layout = layOut(graph, widths);
  const { width, height } = layout;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="picture" viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width)}" height="${round(height)}" role="group" aria-label="${escapeXml(title)}">`,
    `<title>${escapeXml(title)}</title>`,
    ...(style === ""
      ? []
      : [`<style>${style}</style>`, '<rect class="paper" width="100%" height="100%"/>']),
    '<g class="lines">',
    ...renderLines(graph, layout),
    "</g>",
    ...listInOrder(layout).map((index) =>
      renderBox(graph.groups[index], texts[index], widths[index] ?? 0, layout.places[index]),
    ),
    "</svg>",
  ].join("\n");
}

/** From the top, as they are read and as the Tab key moves. */
function listInOrder({ places }: Layout): readonly number[] {
  const at = (index: number): Place => places[index] ?? { x: 0, y: 0 };
  return [...places.keys()].sort((a, b) => at(a).y - at(b).y || at(a).x - at(b).x);
}

interface Texts {
  readonly name: string;
  readonly what: string;
}

function makeTexts({ name, what, steps }: Group): Texts {
  const number = sayNumbers(steps);
  const head = number === "" ? "" : `${number}  `;
  return {
    name: `${head}${clip(showBytes(name), WIDEST_TEXT)}`,
    what: clip(showBytes(what), WIDEST_TEXT),
  };
}

/** Step numbers as "3", "3, 7", or "3–502"; "3…502" if other boxes have some of these numbers. */
function sayNumbers(steps: readonly number[]): string {
  const [first, last] = [steps[0], steps.at(-1)];
  if (first === undefined || last === undefined) return "";
  if (first === last) return String(first);
  if (last - first === steps.length - 1) return `${first}\xe2\x80\x93${last}`;
  return steps.length === 2 ? `${first}, ${last}` : `${first}\xe2\x80\xa6${last}`;
}

function renderLines({ groups, edges }: GroupGraph, { lines }: Layout): readonly string[] {
  return lines.map((points, index) => {
    const [holder] = edges[index] ?? [0];
    const last = groups[holder]?.waves.at(-1);
    const wave = last === undefined ? "" : ` data-last="${last}"`;
    return `<path d="${drawLine(points)}"${wave}/>`;
  });
}

/** Bends at the points: the curve passes through the middle of each segment. */
function drawLine(points: readonly Place[]): string {
  const [first, ...rest] = points;
  const last = points.at(-1);
  if (first === undefined || last === undefined) return "";
  const bends = rest.slice(0, -1).map((point, index) => {
    const next = rest[index + 1] ?? point;
    const end = index === rest.length - 2 ? next : middle(point, next);
    return `Q${show(point)} ${show(end)}`;
  });
  return `M${show(first)}${bends.length === 0 ? `L${show(last)}` : bends.join("")}`;
}

function middle(a: Place, b: Place): Place {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

function show({ x, y }: Place): string {
  return `${round(x)},${round(y)}`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function renderBox(
  group: Group | undefined,
  { name, what }: Texts = { name: "", what: "" },
  width: number,
  { x, y }: Place = { x: 0, y: 0 },
): string {
  if (group === undefined) throw new Error("a place without a box");
  const { waves } = group;
  const stays = group.isHeld ? " held" : " stays";
  const state = group.problem !== "" ? stays : group.isMute ? " mute" : "";
  const data = waves.length === 0 ? "" : ` data-first="${waves[0]}" data-last="${waves.at(-1)}"`;
  const label = escapeXml(sayGroup(group));
  return [
    `<g class="box ${group.kind}${state}"${data} tabindex="0" role="img" aria-label="${label}" transform="translate(${round(x - width / 2)},${round(y - BOX_HEIGHT / 2)})">`,
    `<title>${label}</title>`,
    `<rect width="${width}" height="${BOX_HEIGHT}" rx="${ROUND}"/>`,
    `<text x="${PADDING}" y="19">${escapeXml(name)}</text>`,
    `<text x="${PADDING}" y="36" class="what">${escapeXml(what)}</text>`,
    "</g>",
  ].join("");
}

const STAYS: Partial<Readonly<Record<BoxKind, string>>> = {
  own: "stays, exitrd's own",
  disk: "which the kernel shuts down",
};

/** The full text, for tooltips and screen readers. */
function sayGroup({ name, what, steps, problem, kind }: Group): string {
  const number = sayNumbers(steps);
  const fate =
    problem !== ""
      ? `stays: ${problem}`
      : number === ""
        ? (STAYS[kind] ?? "stays")
        : `step ${number}`;
  return `${showBytes(name)}, ${showBytes(what)}, ${fate}`;
}
