#!/usr/bin/env node
import { abortOnInterrupt } from "../lab/interrupt.ts";
import { runCommandLine } from "./command-line.ts";

// Whoever reads our output may stop before its end, as `head` does.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  process.stderr.write(`error: can't write the result to standard output: ${error.message}\n`);
  process.exit(2);
});
// A result is wanted where nobody can be told of progress.
process.stderr.on("error", () => {});

await runCommandLine(process.argv.slice(2), abortOnInterrupt());
