import { expect, test } from "vitest";
import { onePassed, runProgram } from "../../setup/suite/outcome.ts";
import { runStages, type Stage } from "../../setup/suite/run-stages.ts";

test("an interrupt ends what runs, with all that it started, and leaves out the rest but the last", async () => {
  const interrupt = new AbortController();
  const ran: string[] = [];
  const stage = (name: string, more: Partial<Stage> = {}): Stage => ({
    name,
    title: name,
    isQuick: false,
    run: async () => {
      ran.push(name);
      return { outcome: onePassed };
    },
    ...more,
  });
  const mark = `sleep 3${process.pid}`;
  const program = ["sh", "-c", `${mark} & wait`];
  const stages = [
    stage("scenarios", {
      run: async (_, signal) => {
        ran.push("scenarios");
        setTimeout(() => interrupt.abort(), 300);
        return await runProgram(program, { output: "held", signal });
      },
    }),
    stage("mutations"),
    stage("end", { isLast: true }),
  ];
  expect(await runStages(stages, interrupt.signal)).toBe(0);
  expect(ran).toEqual(["scenarios", "end"]);
  const left = await runProgram(["pgrep", "-f", `^${mark}`], {
    output: "held",
    signal: new AbortController().signal,
  });
  expect(left.output).toBe("");
});
