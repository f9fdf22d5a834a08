import type { LabChanges } from "../harness/mutation.ts";

/**
 * A way to break a lab that a scenario must notice. `npm run mutate` runs the one test on the broken
 * lab: the mutant is killed where the test fails for its own reason, else it has survived.
 */
export interface Mutation extends LabChanges {
  name: string;
  /** The scenario's file, without `.test.ts`. */
  scenario: string;
  /** The name of the test that must fail, or its beginning. */
  test: string;
  /** What its failure must say. */
  because: RegExp;
}
