import { commandLine } from "../evidence/commands.ts";
import type { Observation, Seen as SeenObservation, Unseen } from "../evidence/observation.ts";
import type { Observations } from "../evidence/observations.ts";
import type { Question } from "../evidence/question.ts";
import type { Reader } from "../evidence/reader.ts";
import type { Finding, Seen } from "./finding.ts";

/** Where a packet is on its way: the order in which causes are told. */
export const steps = [
  "machine",
  "control",
  "name",
  "address",
  "route",
  "policy",
  "path",
  "tunnel",
  "host-firewall",
  "service",
  "way-back",
] as const;
export type Step = (typeof steps)[number];

/** Causes for which a node is not in the tailnet, whatever it says of itself. */
export const outOfTailnet = [
  "TL118",
  "TL119",
  "TL122",
  "TL206",
  "TL207",
  "TL208",
  "TL210",
  "TL211",
] as const;

/** Looks for one cause, or for causes that the same evidence tells apart. One file each, in `checks/`. */
export interface Check {
  /** Codes of the catalogue that it can find. */
  finds: readonly string[];
  step: Step;
  /** Causes of which these findings are a consequence, where both are about one machine. */
  explainedBy: readonly string[];
  /** Pure: it tells what it finds by `look`, and nothing else. */
  run(look: Look): void;
}

/** What a check looks at, and how it tells; what could not be read is told. */
export interface Look extends Reader {
  /** Undefined for a look at the whole tailnet. */
  question: Question | undefined;
  found(finding: Finding): void;
}

/** A look that failed: its codes are neither found nor excluded. */
export interface NotLooked {
  codes: readonly string[];
  node: string;
  command: string;
  why: string;
  /** The command printed something, that could not be read or says that it failed. */
  isPrinted: boolean;
}

export interface Checked {
  findings: (Finding & { check: Check })[];
  notLooked: NotLooked[];
}

export function runCheck(
  check: Check,
  observations: Observations,
  question: Question | undefined,
): Checked {
  const checked: Checked = { findings: [], notLooked: [] };
  check.run({
    observations,
    question,
    read(observation) {
      if (observation?.kind === "seen") {
        const { unseen = [], value } = observation;
        checked.notLooked.push(...unseen.map((each) => notLooked(check.finds, each)));
        return value;
      }
      if (observation !== undefined && observation.isUnasked !== true) {
        checked.notLooked.push(notLooked(check.finds, observation));
      }
      return undefined;
    },
    found: (finding) => void checked.findings.push({ ...finding, check }),
  });
  return checked;
}

function notLooked(
  codes: readonly string[],
  { node, argv, why, evidence, isUnread = false }: Unseen,
): NotLooked {
  const isPrinted = evidence !== undefined || isUnread;
  return { codes, node, command: commandLine(argv), why, isPrinted };
}

/** A line of an observation, as evidence of a finding. */
export function seen(observation: Observation<unknown>, line: string): Seen {
  const { node, argv } =
    observation.kind === "seen" ? (observation as SeenObservation<unknown>).evidence : observation;
  return { node, command: commandLine(argv), line };
}

/** The first line of an observation's output that has a text, or matches; where none does, `otherwise`. */
export function seenLine(
  observation: Observation<unknown>,
  wanted: string | RegExp,
  otherwise: string,
): Seen {
  const text = observation.evidence?.stdout ?? "";
  const line = text
    .split("\n")
    .find((each) => (typeof wanted === "string" ? each.includes(wanted) : wanted.test(each)));
  return seen(observation, line?.trim() ?? otherwise);
}
