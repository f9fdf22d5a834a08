import { expect, test } from "vitest";
import { LabError } from "../../lab/errors.ts";
import type { Evidence, EvidenceSource } from "../../lab/evidence/evidence.ts";
import { inTime } from "../../lab/evidence/in-time.ts";
import { whyUnanswered } from "../../lab/evidence/live.ts";

/** Of a machine that answers at once, and one that never does. */
const source: EvidenceSource = {
  machines: [
    { name: "quick", role: "host" },
    { name: "silent", role: "host" },
  ],
  isLive: true,
  run: (node, argv) =>
    node === "silent"
      ? new Promise(() => {})
      : Promise.resolve<Evidence>({ node, argv, exitCode: 0, stdout: "", stderr: "", at: "" }),
};

test("a machine that does not answer in time is missing; others are not", async () => {
  const deadline = new AbortController();
  const bounded = inTime(source, deadline.signal);
  const answers = Promise.all(bounded.machines.map(({ name }) => bounded.run(name, ["id"])));
  deadline.abort();
  const [quick, silent] = await answers;
  expect(quick).toMatchObject({ node: "quick", exitCode: 0 });
  expect(silent).toEqual({ node: "silent", argv: ["id"], why: "it did not answer in time" });
});

test("of a machine that stalls no script is told", () => {
  const stalled = new LabError("WaitTimedOut", "`bash -c token=$1 how=$2\\nshift 2` did not end");
  expect(whyUnanswered(stalled)).toBe("the machine did not answer in time");
  const gone = new LabError("NodeFailed", "its container is gone");
  expect(whyUnanswered(gone)).toBe("its container is gone");
});

test("after the deadline nobody is asked", async () => {
  const bounded = inTime(source, AbortSignal.abort());
  expect(await bounded.run("quick", ["id"])).toHaveProperty("why");
});
