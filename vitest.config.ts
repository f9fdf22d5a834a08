import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    teardownTimeout: 60_000,
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          // Some start the command line as a process of its own, on a machine that may be busy.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: "scenarios",
          include: ["scenarios/**/*.test.ts"],
          globalSetup: ["scenarios/harness/global-setup.ts"],
          // A lab is started from nothing in a hook; a relay fallback takes up to half a minute.
          hookTimeout: 180_000,
          testTimeout: 240_000,
        },
      },
    ],
  },
});
