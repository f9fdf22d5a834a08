import type { StartTimes } from "../harness/scenario-lab.ts";
import type { PairsReached } from "./pairs.ts";

/** What was measured of one lab; seconds. What was not got to is absent, and `error` says why. */
export interface Measured {
  lab: string;
  clients: number;
  containers?: number;
  stages?: StartTimes;
  joined?: number;
  pairs?: PairsReached;
  clean?: number;
  /** The same number of containers that do nothing, and one node's `tailscale up`. */
  floor?: { containers: number; tailscaleUp: number };
  error?: string;
}

/** As a ratio, the most that is aimed at; absent where nothing is. */
interface Aims {
  joined?: number;
  pairs?: number;
}

/** By clients: joined over the floor's sum. All pairs over joined, where all were asked. */
const aims: Record<number, Aims> = {
  4: { joined: 2 },
  12: { joined: 2 },
  50: { joined: 2.2, pairs: 1.5 },
};

/** From nothing to joined, over the floor's sum. */
function joinedRatio({ joined, floor }: Measured): number | undefined {
  return joined === undefined || floor === undefined
    ? undefined
    : joined / (floor.containers + floor.tailscaleUp);
}

/** All pairs over joined. */
function pairsRatio({ joined, pairs }: Measured): number | undefined {
  return joined === undefined || pairs === undefined ? undefined : pairs.seconds / joined;
}

const columns: Record<string, (measured: Measured) => string | number | undefined> = {
  lab: ({ lab }) => lab,
  clients: ({ clients }) => clients,
  started: ({ stages }) => stages?.started,
  booted: ({ stages }) => stages?.booted,
  seen: ({ stages }) => stages?.joined,
  "= joined": ({ joined }) => joined,
  floor: ({ floor }) => floor?.containers,
  up: ({ floor }) => floor?.tailscaleUp,
  ratio: (measured) => withAim(joinedRatio(measured), aims[measured.clients]?.joined),
  pairs: ({ pairs }) => pairs?.pairs,
  reached: ({ pairs }) => pairs?.reached,
  took: ({ pairs }) => pairs?.seconds,
  "/ joined": (measured) => withAim(pairsRatio(measured), aims[measured.clients]?.pairs),
  clean: ({ clean }) => clean,
};

export function head(): string {
  return row(Object.keys(columns));
}

export function measuredRow(measured: Measured): string {
  return row(Object.values(columns).map((cell) => cell(measured)));
}

/** `1.8 ≤ 2`, `2.3 > 2`: the ratio beside the aim. */
function withAim(ratio: number | undefined, aim: number | undefined): string | undefined {
  if (ratio === undefined) return undefined;
  const text = ratio.toFixed(1);
  return aim === undefined ? text : `${text} ${ratio <= aim ? "≤" : ">"} ${aim}`;
}

function row(cells: readonly (string | number | undefined)[]): string {
  return cells
    .map((cell, index) => {
      const text =
        typeof cell === "number" && !Number.isInteger(cell) ? cell.toFixed(1) : String(cell ?? "-");
      return index === 0 ? text.padEnd(10) : text.padStart(9);
    })
    .join(" ");
}

/** What was not as it should be, a line each; empty where all was. Pairs that needed a second try are told, no more. */
export function remarks({ lab, pairs, error }: Measured): string[] {
  const lines = error === undefined ? [] : [`${lab}: ${error}`];
  if (pairs === undefined) return lines;
  const { secondTry, missed } = pairs;
  if (secondTry.length > 0) lines.push(`${lab}: at the second try only: ${few(secondTry)}`);
  if (missed.length > 0) lines.push(`${lab}: not reached: ${few(missed)}`);
  return lines;
}

function few(names: readonly string[]): string {
  const rest = names.length - 10;
  return `${names.length} (${names.slice(0, 10).join("; ")}${rest > 0 ? `; and ${rest} more` : ""})`;
}

/** 1 where a lab did not start or a pair stays unreached. */
export function exitCodeOf(results: readonly Measured[]): 0 | 1 {
  return results.every(({ error, pairs }) => error === undefined && pairs?.missed.length === 0)
    ? 0
    : 1;
}
