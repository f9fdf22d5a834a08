import { faultKind } from "../lab/faults/kinds.ts";
import type { FaultRecord } from "../lab/faults/record.ts";
import type { Change } from "../stacks/changes.ts";
import { faultText } from "./fault-arguments.ts";
import { table, tableWidth } from "./table.ts";

/** A fault as JSON; `steps` is for the machines alone. */
export function faultJson({ id, at, origin, fault, nodes, isWhole }: FaultRecord) {
  return { id, at, origin, fault, nodes, isWhole };
}

/** A fault as it is written on the command line. */
export function lineOf({ fault }: FaultRecord): string {
  return faultText(faultKind(fault.kind), fault);
}

/** A whole policy would make a line of thousands of characters; `--json` has it. */
function shortened(line: string): string {
  return line.length <= longest ? line : `${line.slice(0, longest - 1)}…`;
}
const longest = 80;

export function faultTable(records: readonly FaultRecord[], width = tableWidth()): string {
  const rows = records.map((record) => [
    record.id,
    shortened(lineOf(record)),
    record.nodes.join(" "),
    record.at.replace("T", " ").replace(/\.\d+Z$/, "Z"),
    [
      ...(record.origin === "topology" ? ["declared"] : []),
      ...(record.isWhole ? [] : ["a part of it is gone"]),
    ].join("; "),
  ]);
  return table([["FAULT", "WHAT", "ON", "SINCE", ""], ...rows], width);
}

/** What an `up` has taken away of faults that were injected by hand, in a line each: machines that are made anew have none. */
export function lostFaults(before: readonly FaultRecord[], now: readonly FaultRecord[]): string[] {
  return before.flatMap((record) => {
    const left = now.find(({ id }) => id === record.id)?.nodes ?? [];
    return lostAt(
      record,
      record.nodes.filter((node) => !left.includes(node)),
      "is gone from",
    );
  });
}

/** The same of an `up` that is to come. */
export function faultsToLose(faults: readonly FaultRecord[], changes: readonly Change[]): string[] {
  const anew = changes.flatMap(({ kind, name, action }) =>
    kind === "node" && (action === "replace" || action === "remove") ? [name] : [],
  );
  return faults.flatMap((record) =>
    lostAt(
      record,
      record.nodes.filter((node) => anew.includes(node)),
      "will be gone from",
    ),
  );
}

function lostAt(record: FaultRecord, nodes: readonly string[], goes: string): string[] {
  if (record.origin === "topology" || nodes.length === 0) return [];
  return [`The fault ${shortened(lineOf(record))} ${goes} ${nodes.join(", ")}`];
}

/** A paragraph for the faults of a lab; empty where it has none. */
export function faultsText(records: readonly FaultRecord[], width = tableWidth()): string {
  return records.length === 0 ? "" : `\n\nFaults:\n${faultTable(records, width)}`;
}
