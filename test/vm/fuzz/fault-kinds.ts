import type { FaultKind } from "./fault.ts";
import { unixLike } from "./layers/file-systems.ts";
import { listInnerVolumes } from "./layers/lvm.ts";
import { depthOn, type Place, type Site } from "./site.ts";

/** A partition fails: a device of its own replaces each from the first layer on. */
function onDisk(failure: string): FaultKind {
  return {
    strike: (site, pick) => {
      const whole = Array.from({ length: site.width }, (_, index) => index + 1).filter(
        (one) => !site.build.includes(standIn(one)),
      );
      const partition = whole[pick % Math.max(1, whole.length)];
      if (partition === undefined) return undefined;
      const name = `f${partition}`;
      site.build.unshift(standIn(partition));
      return {
        inject: `break_disk ${name} ${failure}`,
        mend: `mend_disk ${name}`,
        hits: [`p${partition}`],
      };
    },
  };
}

function standIn(partition: number): string {
  return `stand_in ${partition}`;
}

/** A file that the kernel, not a process, keeps open on a mount. */
function onFile(inject: string, mend?: string): FaultKind {
  return {
    strike: (site, pick, number) => {
      const place = pickPlace(
        site,
        pick,
        ({ isWritable, isVolatile }) => isWritable && !isVolatile,
      );
      if (place === undefined) return undefined;
      site.useFile(number, place);
      const file = `${place.path}/${number}.file`;
      return {
        inject: `${inject} ${number} ${file}`,
        ...(mend === undefined ? {} : { mend: `${mend} ${number}` }),
        hits: [],
      };
    },
  };
}

/** Picks a place without becoming a layer on it. */
function pickPlace(site: Site, pick: number, accept: (place: Place) => boolean): Place | undefined {
  const fits = site.visible.filter(accept);
  return fits[pick % Math.max(1, fits.length)];
}

const FAKE_DISK_MIB = 184;
const SERVED_MIB = 480;

export const faultKinds = {
  "disk that fails": onDisk("error"),
  "disk that fails to write": onDisk("flakey"),
  "disk that hangs": onDisk("delay"),
  "disk that goes read-only": onDisk("readonly"),
  "disk that is suspended": onDisk("suspend"),
  "volume that is suspended": {
    strike: (site, pick, _number, { layers }) => {
      const volumes = layers.flatMap((layer, index) => {
        const number = index + 1;
        if (!site.uses.get(String(number))?.size) return [];
        return listInnerVolumes(layer, number).map((name) => ({ name, number }));
      });
      const volume = volumes[pick % Math.max(1, volumes.length)];
      if (volume === undefined) return undefined;
      return {
        // A layer with too few devices may not have been built.
        inject: `break_disk ${volume.name} suspend`,
        mend: `mend_disk ${volume.name}`,
        hits: [String(volume.number)],
      };
    },
  },
  "frozen process": {
    strike: (site, pick) => {
      const place = pickPlace(site, pick, ({ isVolatile }) => !isVolatile);
      return place === undefined
        ? undefined
        : { inject: "", mend: "thaw", hits: [], frozenIn: place.path };
    },
  },
  "export over NVMe": onFile("export_nvmet", "unexport_nvmet"),
  "export by LIO": onFile("export_lio", "unexport_lio"),
  "empty loop": onFile("empty_loop"),
  "killed FUSE server": {
    lay: (site, number) => {
      const [device] = site.takeDevices([0], SERVED_MIB) ?? [];
      if (device === undefined) return false;
      const path = `/zoo/${number}`;
      site.build.push(`serve_ntfs ${number} ${device.path} ${path}`);
      const traits = { ...unixLike, takesSwap: false, takesUpper: false, takesLower: false };
      site.offerPlace({ ...traits, path, depth: depthOn(device) });
      return true;
    },
    strike: (_site, _pick, number) => killServer(number),
  },
  "killed NBD server": {
    lay: (site, number) => {
      const [device] = site.takeDevices([0], SERVED_MIB) ?? [];
      if (device === undefined) return false;
      const path = `/dev/nbd${number - FIRST_FAULT}`;
      site.build.push(`serve_nbd ${number} ${device.path} ${path}`);
      site.offerDevice({ path, mib: SERVED_MIB, depth: depthOn(device), takesTable: false });
      return true;
    },
    strike: (_site, _pick, number) => killServer(number),
  },
  "disk that is pulled out": {
    lay: (site, number) => {
      site.build.push(`s${number}=$(add_disk ${number})`);
      const path = `$s${number}`;
      const device = { path, mib: FAKE_DISK_MIB, depth: 0, takesTable: false };
      site.offerDevice({ ...device, willVanish: true });
      return true;
    },
    strike: (_site, _pick, number) => ({
      inject: `pull_disk ${number}`,
      hits: [String(number)],
    }),
  },
} satisfies Readonly<Record<string, FaultKind>>;

/** The first number of the layers that faults add, above those of all other layers. */
export const FIRST_FAULT = 90;

function killServer(number: number): ReturnType<FaultKind["strike"]> {
  return { inject: `kill_server ${number}`, hits: [String(number)] };
}

export type FaultName = keyof typeof faultKinds;

export const faultNames = Object.keys(faultKinds) as readonly FaultName[];
