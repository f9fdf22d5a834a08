import { expect, test } from "vitest";
import { injectStep } from "../../lab/faults/apply.ts";
import type { RunningLab } from "../../lab/running/running-lab.ts";
import { RunningNode } from "../../lab/running/running-node.ts";

test("a step that fails names no file of its own, which is taken away with it", async () => {
  const node: RunningNode = Object.create(RunningNode.prototype, { name: { value: "laptop" } });
  Object.assign(node, {
    exec: async () => ({ stdout: "", stderr: "no such table\n", exitCode: 1 }),
    container: {
      inspect: async () => ({ State: { Running: true, Paused: false } }),
      getArchive: () => Promise.reject(Object.assign(new Error("none"), { statusCode: 404 })),
      putArchive: async () => {},
    },
  });
  const error = await injectStep({ node: () => node } as unknown as RunningLab, {
    fault: { kind: "stop", node: "laptop" },
    id: "f1",
    at: "2026-01-02T03:04:05.678Z",
    origin: "command",
    index: 0,
    count: 1,
    step: { kind: "script", node: "laptop", inject: "exit 1", clear: ":", atBoot: "again" },
  }).catch((each) => each);
  expect(error).toMatchObject({ name: "NodeFailed", where: "laptop" });
  expect(`${error.message} ${error.remedy}`).not.toContain("/var/lib/tailnet-lab");
});
