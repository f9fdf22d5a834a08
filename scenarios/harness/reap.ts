/** Waits for the end of its standard input, then removes the labs of one run, or one lab. */
import { cleanAll } from "../../lab/engine/clean.ts";
import { connectEngine } from "../../lab/engine/engine.ts";
import { LabError } from "../../lab/errors.ts";

const [, , filter] = process.argv;
if (filter === undefined) throw new Error("which labs?");
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
process.stdin.resume();
process.stdin.once("end", async () => {
  try {
    await cleanAll(await connectEngine(), JSON.parse(filter));
  } catch (error) {
    // An engine made for these scenarios is gone before this process is.
    const isGone =
      error instanceof LabError && ["EngineMissing", "EngineLost"].includes(error.name);
    if (!isGone) throw error;
  }
});
