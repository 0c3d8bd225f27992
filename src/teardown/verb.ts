/** What the machine does at the end: argv[1] of /shutdown. */
export type Verb = "reboot" | "poweroff" | "halt" | "kexec";
