import path from "node:path";
import { defineConfig } from "vitest/config";

/** Tests that fail, for `scenarios/evidence.test.ts`; in a mutation run on a lab that is broken beside. */
export default defineConfig({
  test: {
    root: path.resolve(import.meta.dirname, "../.."),
    include: ["scenarios/failing/*.failing.ts"],
    setupFiles: process.env.TAILNET_LAB_MUTATION === undefined ? [] : ["scenarios/mutated.ts"],
    hookTimeout: 180_000,
    teardownTimeout: 60_000,
  },
});
