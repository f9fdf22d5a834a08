import { expect, test } from "vitest";
import { draftOptions, planLab } from "../../lab/plan/plan-lab.ts";
import { topologySchema } from "../../lab/topology/schema.ts";

/** MAX_ARG_STRLEN of Linux: one argument or environment string holds no more bytes, execve(2). */
const longestArgument = 128 * 1024;

test("a large lab with a large policy fits where arguments and environment strings do", () => {
  const networks = Object.fromEntries(
    Array.from({ length: 6 }, (_, index) => [
      `net${index}`,
      { nat: "easy" as const, lan: `10.${index}.0.0/16` },
    ]),
  );
  const nodes = Object.fromEntries(
    Array.from({ length: 1200 }, (_, index) => [
      `client-with-a-long-name-${index}`,
      { kind: "tailscale" as const, network: `net${index % 6}`, user: `user${index}` },
    ]),
  );
  const topology = topologySchema.parse({ name: "large", networks, nodes });
  const grants = Array.from({ length: 4_000 }, (_, index) => ({
    src: [`user${index % 1200}@`],
    dst: ["*"],
    ip: [`tcp:${index}`],
  }));
  const policyText = JSON.stringify({ grants });
  expect(policyText.length).toBeGreaterThan(longestArgument);
  const plan = planLab(topology, { run: "stack", ...draftOptions(topology), policyText });
  const words = plan.containers.flatMap(({ command, environment }) => [
    ...command,
    ...Object.entries(environment).map(([key, value]) => `${key}=${value}`),
  ]);
  expect(Math.max(...words.map((word) => Buffer.byteLength(word)))).toBeLessThan(longestArgument);
});
