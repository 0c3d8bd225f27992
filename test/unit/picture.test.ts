import { describe, expect, test } from "vitest";
import { escapeXml } from "../../src/cli/picture/escape-xml.ts";
import { groupNodes } from "../../src/cli/picture/group-nodes.ts";
import { layOut } from "../../src/cli/picture/lay-out.ts";
import { renderHtml } from "../../src/cli/picture/render-html.ts";
import { renderSvg } from "../../src/cli/picture/render-svg.ts";
import { run } from "../../src/cli/run.ts";
import type { Snapshot } from "../../src/kinds/kinds.ts";
import { viewPlan } from "../../src/teardown/report/plan-view.ts";
import { FakeHost } from "../fake/fake-host.ts";
import {
  lvmOnLuks,
  makeDevice,
  makeDm,
  makeLoop,
  makeMount,
  makeSnapshot,
  planFor,
} from "./core-builders.ts";

const root = makeMount(20, 1, "253:1", "/", "ext4");
const api = [
  makeMount(50, 20, "0:50", "/proc", "proc"),
  makeMount(51, 20, "0:51", "/sys", "sysfs"),
];
const laptop = makeSnapshot([root, ...api], lvmOnLuks);

function draw(snapshot: Snapshot, most?: number) {
  const { plan, graph } = planFor(snapshot, "running");
  const view = viewPlan(plan, graph);
  const groups = groupNodes(graph, view, most);
  return { groups, view, svg: renderSvg(groups, "t"), html: renderHtml(groups, view, "t") };
}

/** Disks, each with an encrypted file system. */
function makeServer(count: number): Snapshot {
  const numbers = Array.from({ length: count }, (_, i) => i);
  const devices = numbers.flatMap((i) => [
    makeDevice(`sd${i}`, `8:${i}`),
    makeDevice(`dm-${i + 10}`, `254:${i}`, [`sd${i}`], { dm: makeDm(`osd-${i}`, "crypt") }),
  ]);
  const mounts = numbers.map((i) => makeMount(1000 + i, 20, `254:${i}`, `/osd/${i}`, "xfs"));
  return makeSnapshot([root, ...api, ...mounts], [...lvmOnLuks, ...devices]);
}

describe("the boxes of a picture", () => {
  test("stand for one node each, with its step, and one for all API mounts", () => {
    const { groups } = draw(laptop).groups;
    expect(groups.map(({ name, kind, steps }) => [name, kind, steps])).toEqual([
      ["cryptroot", "layer", [6]],
      ["vg-root", "layer", [5]],
      ["vg-swap", "layer", [3]],
      ["nvme0n1", "disk", []],
      ["nvme0n1p3", "disk", []],
      ["/", "mount", [4]],
      ["2 API mounts", "api", [1, 2]],
    ]);
  });

  test("stand for several similar nodes if there would be too many, except below the root", () => {
    const { groups, edges } = draw(makeServer(400)).groups;
    const names = groups.map(({ name }) => Buffer.from(name, "latin1").toString());
    expect(names).toContain("400 × xfs");
    expect(names).toContain("400 × dm");
    expect(names).toContain("400 × disk");
    expect(names).toContain("cryptroot");
    expect(groups.length).toBeLessThan(20);
    for (const [holder, backing] of edges) expect(holder).not.toBe(backing);
  });

  test("of a thousand devices are laid out in seconds", () => {
    const started = Date.now();
    const { groups, svg } = draw(makeServer(1000));
    expect(groups.groups.length).toBeLessThan(20);
    expect(svg.length).toBeLessThan(20_000);
    expect(Date.now() - started).toBeLessThan(20_000);
  });

  test("do not overlap, and holders are above their backings", () => {
    const { groups } = draw(makeServer(5));
    const widths = groups.groups.map(() => 120);
    const { places, width, height } = layOut(groups, widths);
    for (const [holder, backing] of groups.edges) {
      expect(places[holder]?.y).toBeLessThan(places[backing]?.y ?? 0);
    }
    places.forEach((one, i) => {
      expect(one.x).toBeGreaterThan(60);
      expect(one.x).toBeLessThan(width - 60);
      expect(one.y).toBeLessThan(height);
      places.slice(i + 1).forEach((other) => {
        expect(Math.abs(one.x - other.x) >= 120 || Math.abs(one.y - other.y) >= 46).toBe(true);
      });
    });
  });

  test("and lines are inside of the picture, also a line that passes beside all boxes", () => {
    const image = makeLoop("loop0", "7:0", "/home/alice/root.img", "253:1");
    const mounts = [
      makeMount(60, 20, "7:0", "/mnt/image", "xfs"),
      makeMount(61, 20, "0:70", "/srv/nas", "nfs4", { source: "nas.example:/export" }),
    ];
    const snapshot = makeSnapshot([root, ...api, ...mounts], [...lvmOnLuks, image]);
    const { groups } = draw(snapshot);
    const { lines, width } = layOut(
      groups,
      groups.groups.map(({ name }) => name.length * 7 + 90),
    );
    const xs = lines.flatMap((points) => points.map(({ x }) => x));
    expect(Math.min(...xs)).toBeGreaterThanOrEqual(12);
    expect(Math.max(...xs)).toBeLessThanOrEqual(width - 12);
  });

  test("are reached by the Tab key from the top, as they are released", () => {
    const labels = [...draw(laptop).svg.matchAll(/class="box [^>]*aria-label="([^,]*),/g)];
    const names = labels.map(([, name]) => name);
    expect(names).toEqual([
      ...["2 API mounts", "/", "vg-root", "vg-swap", "cryptroot", "nvme0n1p3", "nvme0n1"],
    ]);
  });

  test("have the numbers of their steps, and no range of other boxes' steps", () => {
    const nas = makeMount(61, 20, "0:70", "/s", "nfs4", { source: "nas:/" });
    const { svg } = draw(makeSnapshot([root, ...api, nas], lvmOnLuks));
    expect(svg).toContain("1, 3  2 API mounts");
    expect(draw(laptop).svg).toContain("1&#8211;2  2 API mounts");
  });

  test("show a cycle, and that its nodes stay", () => {
    const ring = [
      makeDevice("dm-7", "253:7", ["dm-8"], { dm: makeDm("ring-a", "linear") }),
      makeDevice("dm-8", "253:8", ["dm-7"], { dm: makeDm("ring-b", "snapshot") }),
    ];
    const { svg, html } = draw(makeSnapshot([root], [...lvmOnLuks, ...ring]));
    expect(svg.match(/class="box layer stays"/g)).toHaveLength(2);
    expect(html).toContain("Not released");
  });
});

describe("a name of the machine", () => {
  const name = `/srv/<img src=x onerror=alert(1)>"'&\u001b[2J\xff\xc3\xbc`;
  const { svg, html } = draw(makeSnapshot([makeMount(20, 1, "253:1", name, "ext4")], lvmOnLuks));

  test.each([
    ["the picture", svg],
    ["the page", html],
  ])("is only text in %s", (_, text) => {
    expect(text).not.toContain("<img");
    expect(text.replaceAll("\n", "")).toMatch(/^[\x20-\x7e]*$/);
    expect(text).toContain("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;");
  });

  test("is escaped, with all characters that XML forbids", () => {
    expect(escapeXml("a<b>&\"'\u0000\u001b\xc3\xbc\xf0\x9f\x98\x80\xff")).toBe(
      "a&lt;b&gt;&amp;&quot;&#39;  &#252;&#128512;&#63487;",
    );
    // U+FFFE and U+FFFF, U+FFFD, half of a surrogate pair.
    expect(escapeXml("\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd\xed\xa0\x80")).toBe(
      "&#65533;&#65533;&#65533;&#63469;&#63392;&#63360;",
    );
  });
});

describe("the page", () => {
  const { html } = draw(laptop);

  test("needs no other file, and no network", () => {
    expect(html).toContain("default-src 'none'");
    expect(html).not.toMatch(/(?:src|href)=|url\(|@import|https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
  });

  test("has all steps as text, with limits, and a range for each wave", () => {
    expect(html.match(/<td class="number">/g)).toHaveLength(6);
    expect(html).toContain("umount &#39;/&#39;</th><td>ext4 on vg-root</td>");
    expect(html).toMatch(/<input id="at" type="range" min="0" max="4"/);
    expect(html.match(/<li data-wave=/g)).toHaveLength(4);
  });

  test("has a label for each box", () => {
    const boxes = html.match(/<g class="box/g) ?? [];
    expect(html.match(/role="img" aria-label="[^"]+"/g)).toHaveLength(boxes.length);
  });
});

test("plan prints them unchanged, without a pager", () => {
  const host = new FakeHost();
  host.observe = () => laptop;
  host.width = 80;
  expect(run(["plan", "--svg"], host)).toBe(0);
  expect(host.printed).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<svg /);
  expect(host.paged).toEqual([]);
  host.printed = "";
  expect(run(["plan", "--html"], host)).toBe(0);
  expect(host.printed).toMatch(/^<!doctype html>\n<html lang="en">/);
  expect(run(["plan", "--html", "--json"], host)).toBe(2);
});
