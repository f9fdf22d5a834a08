import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

/** Each of its tests goes on where the one before it ended. */
const inOrder = ["change", "declared-faults", "enforcement", "engine", "stack"].map(
  (name) => `scenarios/${name}.test.ts`,
);

const scenarios = {
  globalSetup: ["scenarios/harness/global-setup.ts"],
  // A scenario waits most of its time: while some wait, another's lab starts.
  maxWorkers: 2 * availableParallelism(),
  // A lab is started from nothing in a hook; a relay fallback takes up to half a minute.
  hookTimeout: 180_000,
  testTimeout: 240_000,
};

export default defineConfig({
  test: {
    // What was transformed before, and has not changed, is read from node_modules.
    fsModuleCache: true,
    teardownTimeout: 60_000,
    // `--sequence.seed` gives the same order again; the reporter prints the seed.
    sequence: { shuffle: { files: true } },
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          sequence: { shuffle: { tests: true }, groupOrder: 0 },
          // A process each for all its files: to load the same modules for each file anew takes most of a run.
          // So whatever a file changes beside its own, it puts back: the environment, and what it spies on, here.
          pool: "forks",
          isolate: false,
          setupFiles: ["test/leave-as-found.ts"],
          unstubEnvs: true,
          restoreMocks: true,
          // One more: some tests wait, for a process or a limit.
          maxWorkers: availableParallelism() + 1,
          // Some start the command line as a process of its own, on a machine that may be busy.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          ...scenarios,
          name: "scenarios",
          include: ["scenarios/**/*.test.ts"],
          exclude: inOrder,
          sequence: { shuffle: { tests: true }, groupOrder: 1 },
        },
      },
      {
        test: {
          ...scenarios,
          name: "scenarios-in-order",
          include: inOrder,
          sequence: { shuffle: { tests: false }, groupOrder: 1 },
        },
      },
    ],
  },
});
