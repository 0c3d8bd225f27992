type Undo = () => void;

const pending = new Set<Undo>();

/**
 * Registers a clean-up that must be done even if this process is interrupted.
 *
 * Returns a function that does it now; later calls do nothing.
 */
export function registerCleanUp(undo: Undo): Undo {
  if (pending.size === 0) listen();
  pending.add(undo);
  return () => {
    if (pending.delete(undo)) undo();
  };
}

function undoAll(): void {
  for (const undo of pending) undo();
  pending.clear();
}

let listening = false;

function listen(): void {
  if (listening) return;
  listening = true;
  process.on("exit", undoAll);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // exit() calls the "exit" listener above.
    process.on(signal, () => process.exit(1));
  }
}
