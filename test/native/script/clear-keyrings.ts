import { addKey } from "exitrd:key";
import { readFile, sleep, write } from "exitrd:sys";
import { hostKernel } from "../../../src/host/kernel.ts";

// Prints which keys of the user's and the session's keyrings are there, before they are cleared and after.
const SPECIAL = { session: -3, user: -4, userSession: -5 };
const names = Object.keys(SPECIAL);
for (const [name, keyring] of Object.entries(SPECIAL))
  addKey("user", `exitrd-${name}`, "secret", keyring);
const list = (): readonly string[] => {
  const text = readFile("/proc/keys");
  return names.filter((name) => text.includes(`exitrd-${name}:`));
};
const before = list();
hostKernel.clearKeyrings();
// The kernel destroys them in a worker.
for (let tries = 0; tries < 100 && list().length > 0; tries += 1) sleep(20);
write(1, JSON.stringify({ before, after: list() }));
