import { chooseImage } from "../load/choose-image.ts";
import { readStatus, type StatusPorts } from "../load/read-status.ts";
import { readCommandLine, readVerification } from "../load/read-verification.ts";
import type { Settings } from "../teardown/settings/values.ts";
import { treePlace } from "../text/tree-paths.ts";
import type { Mark } from "./report.ts";

/** The loaded image, and its signer if known: the tree itself does not record the signer. */
export function readLoaded(
  settings: Settings,
  now: number,
  ports: StatusPorts,
): Pick<Mark, "image" | "signer"> {
  const { files } = ports;
  const verification = readVerification(settings, readCommandLine(files), files, now);
  const { path } = chooseImage(settings.seal, verification, ports);
  const { image, occupant } = readStatus(path, treePlace, verification, ports);
  if (occupant.kind !== "ours") return {};
  const loaded = { image: occupant.manifest.version };
  if (image.kind !== "good" || image.digest !== occupant.digest) return loaded;
  const { trust } = image;
  if (!trust.ok || trust.value.kind !== "signed") return loaded;
  return { ...loaded, signer: trust.value.signer.name };
}
