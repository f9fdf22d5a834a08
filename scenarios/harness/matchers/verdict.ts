import type { Asked } from "../asked.ts";

/** What a matcher hands to Vitest. */
export interface MatcherResult {
  pass: boolean;
  message: () => string;
  expected?: unknown;
  actual?: unknown;
  /** What the doctor is asked where it does not hold. */
  asked?: Asked | undefined;
}
