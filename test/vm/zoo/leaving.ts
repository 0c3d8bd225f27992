import { checkWith } from "../checked.ts";

/**
 * For `Group.leaving`. The pipes are in /run, which is kept by the pivot; they can be used without
 * a new process.
 */
const tellHelper = `tell_helper() { echo go >/run/cue; read -r -t 5 _ <>/run/never; }
at_last=tell_helper
`;

/** Limits the pids, so that the helper of the row has taken all of them when PID 1 starts. */
export const leaveWithoutRoom = `echo 2000 >/proc/sys/kernel/pid_max
${tellHelper}`;

/** An init that does not pass on /proc, /sys and /dev. */
export const leaveWithoutApi = "apis=run\n";

/** All device nodes are deleted; PID 1 has only the console open. */
export const leaveEmptyDev = `mkfifo /run/cue /run/never
perl -e 'sub clear { for (glob "$_[0]/*") { -d && !-l ? clear($_) : unlink } }
open F, "<", "/run/cue"; <F>; clear("/dev")' &
${tellHelper}`;

/** Has all that was built looked at before it is left. */
export const checkFirst = checkWith("./exitrd");
