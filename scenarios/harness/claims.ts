import { isDeepStrictEqual } from "node:util";
import type { Asked } from "./asked.ts";
import type { LabLook, PlannedLab } from "./evidence.ts";
import type { MatcherResult } from "./matchers/verdict.ts";

/** What a matcher claimed, and did not find so. */
interface FailedClaim {
  /** The matcher, and what it was called with. */
  words: readonly unknown[];
  message: string;
  asked: Asked;
  /** What the lab showed before a fault in it was cleared, and what the doctor said of this claim. */
  shown?: { look: LabLook; cause: string };
}

/** Whether failures are to leave evidence. */
export function isEvidenceWanted(): boolean {
  return process.env.TAILNET_LAB_EVIDENCE !== "0";
}

/** Those of a test that did not come true later. */
let failed: FailedClaim[] = [];

export function forgetClaims(): void {
  failed = [];
}

/** To be told of each claim when it is judged: the same may be made until it holds. */
export function noteClaim(
  words: readonly unknown[],
  { pass, message, asked }: MatcherResult,
): void {
  failed = failed.filter((claim) => !isDeepStrictEqual(claim.words, words));
  if (!pass && asked !== undefined) failed.push({ words, message: message(), asked });
}

/** The claim that a test failed by; a test may put words of its own before the matcher's. */
export function claimOf(message: string): Pick<FailedClaim, "asked" | "shown"> | undefined {
  return failed.find((claim) => message.endsWith(claim.message));
}

/**
 * To be called before a fault is cleared: where a claim about the lab did not hold, the test is about to fail, and
 * afterwards the lab would show nothing of it.
 */
export async function lookBeforeRepair(lab: PlannedLab): Promise<void> {
  const open = failed.filter(
    ({ shown, asked }) => shown === undefined && lab.running.nodes.includes(asked.from),
  );
  if (open.length === 0 || !isEvidenceWanted()) return;
  const { lookAtLab } = await import("./evidence.ts");
  const asked = open.map((claim) => claim.asked);
  const look = await lookAtLab(lab, asked);
  for (const [index, claim] of open.entries()) {
    claim.shown = { look, cause: look.causes[index] ?? look.causes[0] };
  }
}
