import PQueue from "p-queue";
import { type EvidenceCommand, evidenceCommands } from "../evidence/commands.ts";
import type { Evidence, EvidenceSource, Machine, Missing } from "../evidence/evidence.ts";

/** What one command of the catalogue gave on one machine. */
export interface Collected {
  machine: Machine;
  file: string;
  evidence: Evidence | Missing;
}

/** Machines that are asked at once: each command is a process of the engine's. */
const concurrency = 8;

/** Runs each command of the catalogue on each machine of its roles. Throws EngineLost, and what an abort gives. */
export async function collectEvidence(
  source: EvidenceSource,
  signal?: AbortSignal,
): Promise<Collected[]> {
  const commands: EvidenceCommand[] = Object.values(evidenceCommands);
  const queue = new PQueue({ concurrency });
  const asked = source.machines.flatMap((machine) =>
    commands
      .filter(({ roles }) => roles.includes(machine.role))
      .map(({ argv, file, isSlow }) =>
        queue.add(async () => ({
          machine,
          file,
          evidence: await source.run(machine.name, argv, { isSlow: isSlow === true, signal }),
        })),
      ),
  );
  return Promise.all(asked);
}
