import type { FaultDeclaration } from "../../lab/topology/faults.ts";
import type { LabDeclaration } from "../../lab/topology/schema.ts";

/** How a victim tries, and what comes of it: real packets. */
export type Attempt =
  | {
      kind: "connect";
      from: string;
      /** A node, an address or a name. */
      to: string;
      port?: number;
      protocol?: "tcp" | "udp" | "icmp";
      /** Ask for the target by its MagicDNS name rather than its address. */
      byName?: boolean;
    }
  | { kind: "resolve"; from: string; name: string }
  | { kind: "path"; from: string; to: string }
  /** A transfer of so many kilobytes over TCP, from an HTTP or echo service. */
  | { kind: "transfer"; from: string; to: string; port: number; kilobytes: number };

/** What the attempt gives: an Outcome, `resolved` or a DNS code, a path, or `fast`, `slow` and `stalls`. */
export type Result = string;

export interface Symptom {
  attempt: Attempt;
  /** One of these, while the trouble is there. */
  broken: Result | readonly Result[];
  /** And when it is repaired. */
  repaired: Result | readonly Result[];
}

/** A trouble that anyone can start, see, have diagnosed, and repair. */
export interface Case {
  /** `route-not-approved`: the name on the command line, and of the file. */
  name: string;
  flow: "cant-reach" | "slow" | "names" | "other";
  title: string;
  /** The symptom in the user's own words; it does not tell the cause. */
  report: string;
  topology: LabDeclaration;
  faults: readonly FaultDeclaration[];
  symptoms: readonly [Symptom, ...Symptom[]];
  /** What `tailnet-lab doctor` is asked; absent: the whole lab. */
  question?: { from: string; to?: string; name?: string };
  /** The code that the doctor must name first, and on which node where that matters. */
  finding: { code: string; node?: string };
  /** A hint that leads on without telling the answer. */
  hint: string;
  /** As a user would do it: commands on a node or on control. */
  remedy: readonly { on: string; run: string }[];
  /** Issues and documents: `tailscale/tailscale#1413`. */
  sources: readonly string[];
}
