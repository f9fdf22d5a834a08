import PQueue from "p-queue";
import { type EvidenceCommand, evidenceCommands } from "../evidence/commands.ts";
import type { Evidence, EvidenceSource, Machine, Missing } from "../evidence/evidence.ts";

/** What one command of the catalogue gave on one machine. */
export interface Collected {
  machine: Machine;
  file: string;
  evidence: Evidence | Missing;
}

/** Machines that are asked at once. */
const concurrency = 8;

/** Runs each command of the catalogue on each machine of its roles. Throws EngineLost, and what an abort gives. */
export async function collectEvidence(
  source: EvidenceSource,
  signal?: AbortSignal,
): Promise<Collected[]> {
  const commands: EvidenceCommand[] = Object.values(evidenceCommands);
  const queue = new PQueue({ concurrency });
  const ask = (machine: Machine) =>
    Promise.all(
      commands
        .filter(({ roles }) => roles.includes(machine.role))
        .map(async ({ argv, file, isSlow }) => {
          const options = { isSlow: isSlow === true, signal };
          return { machine, file, evidence: await source.run(machine.name, argv, options) };
        }),
    );
  const all = source.machines.map((machine) => queue.add(() => ask(machine)));
  return (await Promise.all(all)).flat();
}
