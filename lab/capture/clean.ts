import { isMissing } from "../evidence/evidence.ts";
import { anonymiserFor } from "./anonymise/anonymise.ts";
import type { Collected } from "./collect.ts";
import { secretRemover } from "./secrets.ts";

/** Takes secrets out of everything that a capture would write, names of machines and messages too. */
export function withoutSecrets(collected: readonly Collected[]): Collected[] {
  const remove = secretRemover();
  return collected.map((each) => rewritten(each, remove, remove));
}

/** Placeholders for names, public addresses and keys, the same in all outputs. */
export function anonymised(collected: readonly Collected[]): Collected[] {
  const outputs = collected.flatMap(({ evidence }) =>
    isMissing(evidence)
      ? []
      : [
          { argv: evidence.argv, text: evidence.stdout },
          { argv: evidence.argv, text: evidence.stderr },
        ],
  );
  const machines = collected
    .filter(({ machine }) => machine.role !== "control")
    .map(({ machine }) => machine.name);
  const { output, machine } = anonymiserFor(outputs, [...new Set(machines)]);
  return collected.map((each) => rewritten(each, output, machine));
}

function rewritten(
  { machine, file, evidence }: Collected,
  rewrite: (text: string) => string,
  rename: (name: string) => string,
): Collected {
  const node = rename(machine.name);
  return {
    machine: {
      ...machine,
      name: node,
      ...(machine.addresses === undefined ? {} : { addresses: machine.addresses.map(rewrite) }),
    },
    file,
    evidence: isMissing(evidence)
      ? { ...evidence, node, why: rewrite(evidence.why) }
      : { ...evidence, node, stdout: rewrite(evidence.stdout), stderr: rewrite(evidence.stderr) },
  };
}
