/**
 * Parses `uprobe_events` of a tracefs to names "GROUP/EVENT" (kernel:
 * Documentation/trace/uprobetracer.rst). A line is "p:GROUP/EVENT PATH:OFFSET …", with "r" for a
 * return probe.
 */
export function parseUprobeEvents(text: string): readonly string[] {
  const lines = text.split("\n").filter((line) => line.includes(" "));
  return lines.map((line) => line.slice("p:".length, line.indexOf(" ")));
}
