/** Waits for the end of its standard input, then removes the labs of one run, or one lab. */
import { cleanAll } from "../../lab/running/clean.ts";
import { connectEngine } from "../../lab/running/engine.ts";

const [, , filter] = process.argv;
if (filter === undefined) throw new Error("which labs?");
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
process.stdin.resume();
process.stdin.once("end", async () => {
  await cleanAll(await connectEngine(), JSON.parse(filter));
});
