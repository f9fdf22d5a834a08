import type { FaultKind } from "../lab/faults/fault-kind.ts";
import { meaningOf } from "../lab/faults/kinds.ts";
import { settingsOf, targetsOf, usageOf } from "./fault-usage.ts";
import { table } from "./table.ts";

export function kindJson(kind: FaultKind) {
  const { kind: name, needs, example } = kind;
  return {
    kind: name,
    meaning: meaningOf(kind),
    needs,
    usage: `fault add ${usageOf(kind)}`,
    example: `fault add ${example}`,
  };
}

export function kindTable(kinds: readonly FaultKind[]): string {
  const rows = kinds.map((kind) => [usageOf(kind), meaningOf(kind)]);
  return `${table([["AFTER fault add", "MEANING"], ...rows])}

\`tailnet-lab fault kinds KIND\` tells more of one.`;
}

/** One kind: what to type, what its words mean, what it needs, an example. */
export function kindText(kind: FaultKind): string {
  const words = [...targetsOf(kind), ...settingsOf(kind)];
  const meanings = words.map(({ word, meaning }) => [`  ${word}`, meaning]);
  return [
    `tailnet-lab fault add ${usageOf(kind)}`,
    ...(meanings.length === 0 ? [] : [table(meanings)]),
    "",
    meaningOf(kind),
    `Needs: ${kind.needs}.`,
    `Example: tailnet-lab fault add ${kind.example}`,
  ].join("\n");
}
