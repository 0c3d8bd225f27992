/**
 * The names, "GROUP/EVENT", of what a tracefs has in `uprobe_events` (kernel:
 * Documentation/trace/uprobetracer.rst): "p:GROUP/EVENT PATH:OFFSET …", with "r" for a return probe.
 */
export function parseUprobeEvents(text: string): readonly string[] {
  return text.split("\n").flatMap((line) => /^[pr]:([^ /]+\/[^ ]+) /.exec(line)?.[1] ?? []);
}
