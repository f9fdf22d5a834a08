import type { Machine } from "../../lab/evidence/evidence.ts";
import type { Question } from "../../lab/evidence/question.ts";
import type { Protocol } from "../../lab/observe/outcome.ts";
import type { RunningNode } from "../../lab/running/running-node.ts";
import { type By, hostOf, type TargetLike } from "./matchers/target.ts";

/** What the doctor is asked where a claim does not hold. */
export interface Asked {
  from: RunningNode;
  to: TargetLike;
  /** Default: the IPv4 address. */
  by?: By | undefined;
  port?: number | undefined;
  /** Default: TCP. */
  protocol?: Protocol | undefined;
}

/** As the doctor is asked; undefined where it does not know the machine that tries. */
export async function questionOf(
  { from, to, by = "ipv4", port, protocol }: Asked,
  machines: readonly Machine[],
): Promise<Question | undefined> {
  const isKnown = ({ name }: RunningNode) => machines.some((machine) => machine.name === name);
  if (!isKnown(from)) return undefined;
  // By its name a machine can be told from another with the same address.
  const isNamed = typeof to !== "string" && by === "ipv4" && isKnown(to);
  return {
    from: from.name,
    to: isNamed ? to.name : await hostOf(to, by),
    protocol: protocol === "udp" ? "udp" : "tcp",
    ...(port === undefined ? {} : { port }),
  };
}
