import { configLine } from "../core/report/config-lines.ts";
import { stringifySettings } from "../core/settings-text.ts";
import { describeMeasurement } from "../core/tpm/describe-measurement.ts";
import { choosePcrs } from "../core/tpm/measurement.ts";
import { describeLoadFailure } from "../load/load-failure.ts";
import { loadImage } from "../load/load-image.ts";
import { readConfig } from "../load/read-config.ts";
import { type Command, defaultImage, defaultTarget } from "./command.ts";

export const loadCommand: Command = {
  name: "load",
  summary: "Load an image into RAM, where the init system finds it at shutdown.",
  options: [
    { name: "--image", value: "FILE", help: `Load FILE instead of ${defaultImage}.` },
    { name: "--target", value: "DIR", help: `Load into DIR instead of ${defaultTarget}.` },
    { name: "--force", help: "Load over another program's exitrd." },
  ],
  run: (args, host) => {
    const image = args.values.get("--image") ?? defaultImage;
    const target = args.values.get("--target") ?? defaultTarget;
    const { settings, notes } = readConfig(host.files);
    for (const note of notes) host.say(`exitrd: ${configLine(note)}`);
    const force = args.flags.has("--force");
    const configuration = stringifySettings(settings);
    const { measure = "prefer" } = settings;
    const pcrs = choosePcrs(settings);
    const result = loadImage({ image, target, force, configuration, measure, pcrs }, host);
    switch (result.kind) {
      case "failed":
        host.say(`exitrd: ${describeLoadFailure(result.failure)}`);
        return 1;
      case "already":
        host.say(`exitrd: '${image}' is already loaded into '${target}'`);
        return 0;
      case "loaded":
        host.say(
          `exitrd: loaded '${image}' into '${target}' (${result.fsType}, version ${result.manifest.version}, ${describeMeasurement(result.measurement)})`,
        );
        return 0;
    }
  },
};
