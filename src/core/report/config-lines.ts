import type { ConfigNote, ConfigProblem } from "../settings/parse-config.ts";
import { SETTINGS } from "../settings/settings.ts";
import { quote } from "../text/show-bytes.ts";

/** "/etc/exitrd.conf:3: cannot read Timeout='soon': it takes …, ignoring". */
export function configLine({ path, line, problem }: ConfigNote): string {
  const place = line === 0 ? path : `${path}:${line}`;
  return `${place}: ${describeProblem(problem)}, ignoring`;
}

function describeProblem(problem: ConfigProblem): string {
  switch (problem.kind) {
    case "unreadable":
      return `cannot read it: ${problem.reason}`;
    case "too-long":
      return "it is longer than 64 KiB";
    case "no-equals":
      return `no '=' in ${quote(problem.text)}`;
    case "unknown-section":
      return `unknown section ${quote(problem.section)}: there is [Exitrd] only`;
    case "no-section":
      return `${quote(problem.key)} comes before [Exitrd]`;
    case "unknown-key":
      return `unknown key ${quote(problem.key)}`;
    case "wrong-value": {
      const { key, wanted } = SETTINGS[problem.name];
      return `cannot read ${key}=${quote(problem.value)}: it takes ${wanted}`;
    }
  }
}
