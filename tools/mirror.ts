import { execFileSync } from "node:child_process";

/**
 * Returns the address of the Debian mirror that this machine's own apt uses.
 *
 * This project does not contain an address: `apt-get indextargets` knows it.
 * Throws if apt is configured without a Debian archive.
 */
export function debianMirror(): string {
  const targets = execFileSync(
    "apt-get",
    ["indextargets", "--format", "$(REPO_URI) $(LABEL) $(COMPONENT)", "Created-By: Packages"],
    { encoding: "utf8" },
  );
  for (const line of targets.split("\n")) {
    const [uri, label, component] = line.split(" ");
    if (uri !== undefined && label === "Debian" && component === "main") {
      return uri.replace(/\/$/, "");
    }
  }
  throw new Error(
    "apt knows no Debian archive: add one to /etc/apt/sources.list.d and run 'apt-get update'",
  );
}
