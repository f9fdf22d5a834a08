import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { createVitest, type TestModule, type Vitest } from "vitest/node";
import type { Mutation } from "./mutation.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * A Vitest that stays and runs one mutant after the other, each in a worker of its own, so that
 * nothing of one is left in the next but the lab that both may have been given.
 */
export class Lane implements AsyncDisposable {
  private readonly vitest: Vitest;

  private constructor(vitest: Vitest) {
    this.vitest = vitest;
  }

  static async open(): Promise<Lane> {
    const vitest = await createVitest("test", {
      config: false,
      root,
      watch: false,
      include: ["scenarios/**/*.test.ts"],
      setupFiles: ["scenarios/mutated.ts"],
      hookTimeout: 180_000,
      testTimeout: 240_000,
      // A lab is given back in a hook: compared, and where it is not as it was, removed.
      teardownTimeout: 60_000,
      maxWorkers: 1,
      reporters: [{}],
      silent: true,
    });
    return new Lane(vitest);
  }

  /** @returns undefined where the mutant was killed for its own reason, else what is wrong. */
  async run(mutation: Mutation): Promise<string | undefined> {
    const project = this.vitest.getRootProject();
    project.config.env = {
      ...project.config.env,
      TAILNET_LAB_MUTATION: mutation.name,
      // They are meant to fail: a look takes seconds, and the doctor's words are no reason.
      TAILNET_LAB_EVIDENCE: process.env.TAILNET_LAB_EVIDENCE ?? "0",
    };
    const file = fileURLToPath(new URL(`../${mutation.scenario}.test.ts`, import.meta.url));
    const specification = project.createSpecification(file, {
      testNamePattern: new RegExp(`^${literally(mutation.test)}`),
    });
    // A run's errors stay for the next one, as they do while Vitest watches.
    this.vitest.state.clearErrors();
    const { testModules: all, unhandledErrors } = await this.vitest.runTestSpecifications([
      specification,
    ]);
    // It reports every module that it has ever run, those of earlier mutants too.
    const testModules = all.filter(({ moduleId }) => moduleId === file);
    const messages = [
      ...unhandledErrors.map((error) => String((error as Error).message ?? error)),
      ...testModules.flatMap((module) => module.errors().map(({ message }) => message)),
    ];
    return (
      verdict(mutation, testModules) ?? (messages.length > 0 ? messages.join("\n") : undefined)
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.vitest.close();
  }
}

/** What is wrong where the mutant was not killed. */
export const survival = "the test passed";

/** The mutant's own test alone counts: it must have failed, and say why. */
function verdict(mutation: Mutation, modules: readonly TestModule[]): string | undefined {
  const tests = modules
    .flatMap((module) => [...module.children.allTests()])
    .filter((test) => test.result().state !== "skipped" && test.name.startsWith(mutation.test));
  const [test] = tests;
  if (test === undefined || tests.length > 1) return `${tests.length} tests "${mutation.test}" ran`;
  const { state, errors } = test.result();
  if (state !== "failed") return survival;
  const messages = (errors ?? []).map(({ name, message }) => `${name}: ${message}`);
  const text = stripVTControlCharacters(messages.join("\n"));
  if (mutation.because.test(text)) return undefined;
  return `it failed for another reason than ${mutation.because}:\n${text.slice(0, 1500)}`;
}

/** As a regular expression that means the text itself. */
function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
