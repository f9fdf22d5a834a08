import { expect, test } from "vitest";
import { collectEvidence, onceFrom } from "../../lab/capture/collect.ts";
import { evidenceCommands } from "../../lab/evidence/commands.ts";
import type { Evidence, EvidenceSource } from "../../lab/evidence/evidence.ts";

test("what was collected is told once, and then asked anew", async () => {
  let asked = 0;
  const source: EvidenceSource = {
    machines: [{ name: "printer", role: "host" }],
    isLive: true,
    run(node, argv) {
      asked += 1;
      const evidence: Evidence = { node, argv, exitCode: 0, stdout: "", stderr: "", at: "" };
      return Promise.resolve({ ...evidence, stdout: `answer ${asked}` });
    },
  };
  const collected = await collectEvidence(source);
  const before = asked;
  const again = onceFrom(collected, source);
  const rules = () => again.run("printer", evidenceCommands.firewall.argv);
  const known = collected.find(({ file }) => file === evidenceCommands.firewall.file)?.evidence;
  expect(await rules()).toBe(known);
  expect(asked).toBe(before);
  expect(await rules()).toHaveProperty("stdout", `answer ${before + 1}`);
  expect(await again.run("printer", ["ping", "laptop"])).toHaveProperty(
    "stdout",
    `answer ${before + 2}`,
  );
});
