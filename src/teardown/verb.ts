/** What the machine does at the very end: argv[1] of /shutdown. */
export type Verb = "reboot" | "poweroff" | "halt" | "kexec";
