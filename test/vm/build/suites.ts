import { debianMirror } from "../../../tools/mirror.ts";
import { type Base, provideBase } from "./base.ts";

/** Which systemd shuts the machine down: 252, 254, 257, and what Debian's next one has. */
export type Suite = "bookworm" | "bookworm-backports" | "trixie" | "sid";

const systemdPackages = [
  "libnss-systemd",
  "libpam-systemd",
  "libsystemd-shared",
  "libsystemd0",
  "libudev1",
  "systemd",
  "systemd-sysv",
  "udev",
];

/** Returns the base system of a suite, or of bookworm with the systemd of its backports. */
export async function provideSuite(suite: Suite, say: (line: string) => void): Promise<Base> {
  const name = suite.replaceAll("-", "");
  switch (suite) {
    case "bookworm":
      return provideBase(say);
    case "bookworm-backports":
      return provideBase(say, {
        name,
        packages: systemdPackages.map((one) => `${one}/${suite}`),
        hooks: [],
        sources: [`deb ${debianMirror()} ${suite} main`],
      });
    case "trixie":
    case "sid":
      return provideBase(say, { name, packages: ["mount", "passwd"], hooks: [], suite });
  }
}
