import type { SeenLine } from "../evidence/reader.ts";

/**
 * Whether connections are affected: `error`, they fail; `warning`, something keeps them from being as good as they
 * should be; `info`, nothing is wrong, and that is why they go as they do: a lab in which all is well may show it.
 */
export type Severity = "error" | "warning" | "info";

/** A cause, permanent in its code and name. The catalogue has one of each. */
export interface CatalogueEntry {
  /** `TL103`; never used again for something else. */
  code: string;
  /** `route-not-approved`. */
  name: string;
  severity: Severity;
  /** One sentence: what is the case. */
  title: string;
  /** A paragraph or two, for its page: how it comes about, what is seen, how to tell it from others. */
  explanation: string;
  /** Issues and documents that describe it. */
  sources: readonly string[];
}

export type Seen = SeenLine;

/** A cause that was found. One without evidence can't be made. */
export interface Finding {
  /** Of the catalogue. */
  code: string;
  /** Where it is. */
  node: string;
  /** Other machines that it is about: the peer that is denied, the router of a route. */
  involves?: readonly string[];
  /** What was asked does not work though a connection opens: somebody else than the service has taken it. */
  isBehindAnswer?: true;
  /** It is why what was asked fails, though its severity says that connections do not suffer. */
  isReason?: true;
  /** It may be so: told where nothing that is sure answers the question. */
  isGuess?: true;
  /** What is the case here, in one sentence. */
  what: string;
  seen: readonly [Seen, ...Seen[]];
  /** Why that is the cause. */
  why: string;
  /** Commands, or in words where there is none; each beginning with where: `on router: …`. */
  fix: readonly string[];
  /** What it explains, as a consequence: `laptop can't reach 10.20.0.30`. */
  explains: readonly string[];
}
