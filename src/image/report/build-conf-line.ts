import { findClosest } from "../../text/closest-word.ts";
import { quote } from "../../text/show-bytes.ts";
import { type BuildConfProblem, CONF_KEYS } from "../build-conf.ts";

/** Describes a problem in build.conf: "/etc/exitrd/build.conf:3: no '=' in 'Tool'". */
export function buildConfLine(path: string, line: number, problem: BuildConfProblem): string {
  return `${line === 0 ? path : `${path}:${line}`}: ${describeProblem(problem)}`;
}

function cureKey(key: string): string {
  const closest = findClosest(key, CONF_KEYS);
  return closest === undefined ? "see exitrd-build.conf(5)" : `did you mean ${quote(closest)}?`;
}

function describeProblem(problem: BuildConfProblem): string {
  switch (problem.kind) {
    case "unreadable":
      return problem.reason;
    case "too-long":
      return "longer than 64 KiB";
    case "no-equals":
      return `no '=' in ${quote(problem.text)}`;
    case "unknown-section":
      return `unknown section ${quote(problem.section)}, expected [Build]`;
    case "no-section":
      return `${quote(problem.key)} is assigned outside of [Build]`;
    case "unknown-key":
      return `unknown key ${quote(problem.key)}: ${cureKey(problem.key)}`;
    case "wrong-value":
      return `${problem.key}=${quote(problem.value)} is not an absolute path`;
    case "wrong-base":
      return `Base=${quote(problem.value)} is neither 'initrd' nor 'initrd=' with an absolute path`;
    case "incomplete":
      return `${problem.key}= needs ${problem.needs}=: see exitrd-build.conf(5)`;
    case "exclusive":
      return `${problem.key}= and ${problem.other}= exclude each other: remove one of them`;
  }
}
