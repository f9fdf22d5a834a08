/**
 * Kills `up` and `down` at random moments, follows each with each command that may come next, and prints
 * what came of it: `npm run soak:kill [MOMENTS] [SEED]`. Exit code 1 where anything went wrong.
 */
import { connectEngine } from "../lab/engine/engine.ts";
import {
  type Kill,
  killedCommands,
  killOnce,
  nextCommands,
  openVictim,
  prepareVictim,
  randomFrom,
} from "./kill-moments.ts";

const moments = Number(process.argv[2] ?? 20);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
if (!Number.isInteger(moments) || moments < 1 || !Number.isInteger(seed)) {
  console.error("usage: npm run soak:kill [MOMENTS] [SEED], both whole numbers");
  process.exit(2);
}
console.log(`${moments} moments for each of ${killedCommands.join(", ")}; seed ${seed}`);
const random = randomFrom(seed);
await using victim = await openVictim(await connectEngine(), `soak-${process.pid}`);
const durations = await prepareVictim(victim);
let failures = 0;
for (const killed of killedCommands) {
  for (let moment = 0; moment < moments; moment++) {
    const kill: Kill = {
      killed,
      scope: random() < 0.5 ? "process" : "tree",
      atMs: Math.round(random() * durations[killed]),
      next: nextCommands[moment % nextCommands.length] ?? "down",
    };
    const { wasKilled, problems } = await killOnce(victim, kill);
    if (problems.length > 0) failures += 1;
    const when = wasKilled ? `${(kill.atMs / 1000).toFixed(2)} s` : "after its end";
    const cells = [killed.padEnd(5), kill.scope.padEnd(8), when.padEnd(14), kill.next.padEnd(8)];
    console.log(`${cells.join(" ")} ${problems.length === 0 ? "ok" : problems.join("\n  ")}`);
  }
}
console.log(failures === 0 ? "all well" : `${failures} went wrong`);
process.exitCode = failures === 0 ? 0 : 1;
