import { expect, test } from "vitest";
import { checkPolicy } from "../../lab/running/policy.ts";
import type { RunningLab } from "../../lab/running/running-lab.ts";

/** A lab whose declared policy has a test that does not hold. */
function labWith(inForce: string) {
  const exec = (argv: string[]) => {
    const words = argv.join(" ");
    const asks = words.includes("headscale policy");
    if (asks && !words.endsWith("get")) {
      return { stdout: "", stderr: "Error: test(s) failed", exitCode: 1 };
    }
    const stdout = asks ? inForce : words.includes("without-tests") ? "{}" : '{"tests":[]}';
    return { stdout, stderr: "", exitCode: 0 };
  };
  return { control: { exec } } as unknown as RunningLab;
}

test.each([
  ["{}\n", "; until then it is in force without its tests"],
  ['{"tests":[]}\n', ""],
])("a test that does not hold, with %j in force", async (inForce, state) => {
  await expect(checkPolicy(labWith(inForce))).rejects.toMatchObject({
    name: "PolicyRejected",
    remedy: `correct the policy, or the test in it that does not hold${state}`,
  });
});
