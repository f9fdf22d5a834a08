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

/**
 * A source that tells each command of a collection once as it was collected, and asks anew after that: for who looks
 * again where something was tried meanwhile.
 */
export function onceFrom(collected: readonly Collected[], source: EvidenceSource): EvidenceSource {
  const keyOf = (node: string, argv: readonly string[]) => JSON.stringify([node, ...argv]);
  const left = new Map(
    collected.map(({ evidence }) => [keyOf(evidence.node, evidence.argv), evidence]),
  );
  return {
    ...source,
    run(node, argv, options) {
      const key = keyOf(node, argv);
      const known = left.get(key);
      left.delete(key);
      return known === undefined ? source.run(node, argv, options) : Promise.resolve(known);
    },
  };
}
