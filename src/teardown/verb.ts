/** What the machine does in the end: argv[1] of /shutdown. */
export type Verb = "reboot" | "poweroff" | "halt" | "kexec";
