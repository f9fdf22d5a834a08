import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    teardownTimeout: 60_000,
    // `--sequence.seed` gives the same order again; the reporter prints the seed.
    sequence: { shuffle: { files: true, tests: true } },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          // One for each core, each importing a module once; no file changes what others import.
          maxWorkers: "100%",
          isolate: false,
          // Some start the command line as a process of its own, on a machine that may be busy.
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: "scenarios",
          include: ["scenarios/**/*.test.ts"],
          globalSetup: ["scenarios/harness/global-setup.ts"],
          // A scenario waits most of its time: while some wait, another's lab starts.
          maxWorkers: 2 * availableParallelism(),
          // A lab is started from nothing in a hook; a relay fallback takes up to half a minute.
          hookTimeout: 180_000,
          testTimeout: 240_000,
        },
      },
    ],
  },
});
