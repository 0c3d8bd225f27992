/**
 * The names, "GROUP/EVENT", of what a tracefs has in `uprobe_events` (kernel:
 * Documentation/trace/uprobetracer.rst): "p:GROUP/EVENT PATH:OFFSET …", with "r" for a return probe.
 */
export function parseUprobeEvents(text: string): readonly string[] {
  const lines = text.split("\n").filter((line) => line.includes(" "));
  return lines.map((line) => line.slice("p:".length, line.indexOf(" ")));
}
