/** Waits for the end of its standard input, then removes the labs of one run, or one lab. */
import { cleanAll } from "../../lab/engine/clean.ts";
import { connectEngine } from "../../lab/engine/engine.ts";

const [, , filter] = process.argv;
if (filter === undefined) throw new Error("which labs?");
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
process.stdin.resume();
process.stdin.once("end", async () => {
  await cleanAll(await connectEngine(), JSON.parse(filter));
});
