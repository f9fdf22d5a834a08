/** 128 and the number of SIGINT, as shells count. */
export const interruptedCode = 130;

/** The reason of an abort by Ctrl-C or SIGTERM. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** Aborts at the first Ctrl-C, so that work ends in order; the second ends the process at once. */
export function abortOnInterrupt(): AbortSignal {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(interruptedCode);
    process.stderr.write("\nending in order; Ctrl-C again ends at once\n");
    controller.abort(new Interrupted("interrupted"));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return controller.signal;
}
