import { type Field, get, readList, readString } from "../../text/read-field.ts";
import type { MultiDevice } from "./base.ts";

export function readMultiDevices(list: Field): readonly MultiDevice[] {
  return readList(list, (field) => ({
    uuid: readString(get(field, "uuid")),
    devices: readList(get(field, "devices"), readString),
  }));
}
