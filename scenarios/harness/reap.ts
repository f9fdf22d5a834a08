/** Waits for the end of its standard input, then removes the labs of one run, or one lab. */
import { cleanAfterKilled } from "../../lab/engine/clean.ts";
import { connectEngine } from "../../lab/engine/engine.ts";
import { releaseIsolation } from "../../lab/engine/host-firewall.ts";
import { LabError } from "../../lab/errors.ts";
import { imageRef } from "../../lab/images/recipes.ts";

const [, , filter] = process.argv;
if (filter === undefined) throw new Error("which labs?");
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
process.stdin.resume();
process.stdin.once("end", async () => {
  try {
    const engine = await connectEngine();
    await cleanAfterKilled(engine, JSON.parse(filter));
    await releaseIsolation(engine, imageRef({ program: "base" }));
  } catch (error) {
    // An engine made for these scenarios is gone before this process is.
    const isGone =
      error instanceof LabError && ["EngineMissing", "EngineLost"].includes(error.name);
    if (!isGone) throw error;
  }
});
