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
  /** A transfer of so many kilobytes over TCP, to an echo service and back. */
  | { kind: "transfer"; from: string; to: string; port: number; kilobytes: number }
  /** Whom an HTTP service says that it saw. */
  | { kind: "seen-from"; from: string; to: string; port: number }
  /** A command as the victim runs it; it must change nothing that outlasts it. */
  | { kind: "command"; on: string; run: string };

/**
 * What the attempt gives: an Outcome; `resolved` or a DNS code; `direct`, `peer-relay`, `derp:CODE` or `no-reply`;
 * `fast`, `slow` or `stalls`; an address; `succeeds` or `fails`. `derp` stands for any relay.
 */
export type Result = string;

export interface Symptom {
  attempt: Attempt;
  /** One of these, while the trouble is there. */
  broken: Result | readonly Result[];
  /** And when it is repaired. */
  repaired: Result | readonly Result[];
  /** What is tried is not there before the trouble. */
  appears?: true;
}

/** A shell command as root on a machine of the lab. */
export interface Command {
  on: string;
  run: string;
  /** Its output is `$NAME` in the commands that follow, as one copies it from one terminal to the other. */
  as?: string;
  /** Takes it back, so that others can use the same lab afterwards. */
  undo?: string;
}

/**
 * What a user does. A machine that is off is switched on. A sysctl is set from beside the container, as none of its
 * programs may.
 */
export type Step =
  | Command
  | { on: string; power: "on" | "restart" }
  | { on: string; sysctl: string; value: string };

/**
 * A command by which a person sees the cause without the doctor, as one types it: it changes nothing, ends by itself,
 * and prints a few lines, the same in each lab but for what `volatile.ts` knows.
 */
export interface Look {
  on: string;
  run: string;
  /** What in its output tells the cause: half a sentence, such as `the route is not under Approved`. */
  tells: string;
}

/** A trouble that anyone can start, see, have diagnosed, and repair. */
export interface Case {
  /** `route-not-approved`: the name on the command line, and of the file. */
  name: string;
  flow: "cant-reach" | "slow" | "names" | "other";
  title: string;
  /** The symptom in the user's own words; it does not tell the cause. */
  report: string;
  /** A topology's file, or the topology with its policy in it. */
  topology: LabDeclaration | URL;
  /** How the user has it beside the topology; the lab is healthy with it. */
  setup?: readonly Command[];
  /** Injected in this order. None where the cause is in the topology. */
  faults: readonly FaultDeclaration[];
  /** What else somebody did, after the faults. */
  changes?: readonly Command[];
  /** How long that was ago, in ms, where it matters: what control says is under way for some seconds. */
  agoMs?: number;
  symptoms: readonly Symptom[];
  /** What `tailnet-lab doctor` is asked; absent: the whole lab. */
  question?: { from: string; to?: string; name?: string };
  /** Machines that are others' business: the doctor can't look at them. */
  outOfSight?: readonly string[];
  /** The code that the doctor must name first, and on which node where that matters. */
  finding: { code: string; node?: string };
  /** For docs/troubleshooting/; at least one of them prints something else when it is repaired. */
  look?: readonly [Look, ...Look[]];
  /** A hint that leads on without telling the answer. */
  hint: string;
  /** As a user would do it: commands on a node or on control. */
  remedy: readonly [Step, ...Step[]];
  /** Issues and documents: `tailscale/tailscale#1413`. */
  sources: readonly string[];
}
