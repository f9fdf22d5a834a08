#!/usr/bin/env node
import { abortOnInterrupt } from "../lab/interrupt.ts";
import { runCommandLine } from "./command-line.ts";

// Whoever reads our output may stop before its end, as `head` does.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

await runCommandLine(process.argv.slice(2), abortOnInterrupt());
