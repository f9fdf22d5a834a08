import { z } from "zod";
import type { FaultKind } from "../../lab/faults/fault-kind.ts";
import { meaningOf, schemaOf } from "../../lab/faults/kinds.ts";

/** A kind of fault as docs/faults.md has it in its table. */
export function rowOf(kind: FaultKind): string {
  const fields = Object.entries(schemaOf(kind.kind).shape)
    .filter(([name]) => name !== "kind")
    .map(([name, field]) => `\`${name}\`${defaultOf(field)}`);
  const cells = [
    `\`${kind.kind}\``,
    meaningOf(kind),
    kind.needs,
    fields.join(", "),
    `\`${kind.example}\``,
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function defaultOf(field: z.ZodType): string {
  if (field instanceof z.ZodDefault) return ` = \`${String(field.def.defaultValue)}\``;
  return field instanceof z.ZodOptional ? " (optional)" : "";
}
