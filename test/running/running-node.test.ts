import { expect, test } from "vitest";
import { RunningNode } from "../../lab/running/running-node.ts";

const failing = (argv: readonly string[]) => {
  const node: RunningNode = Object.create(RunningNode.prototype, { name: { value: "laptop" } });
  node.exec = async () => ({ stdout: "", stderr: "no such file\n", exitCode: 1 });
  return node.output(argv);
};

test("a program that fails is told as one types it", async () => {
  await expect(failing(["cat", "/a file"])).rejects.toMatchObject({
    name: "NodeFailed",
    message: expect.stringContaining("`cat '/a file'` ended with 1: no such file"),
    remedy: "try it by hand: tailnet-lab exec laptop -- cat '/a file'",
  });
});

test("of a script only the first line is told", async () => {
  const error = await failing(["bash", "-c", "first line\nsecond line\n"]).catch((each) => each);
  expect(error.message).toContain("`bash -c 'first line …` ended with 1: no such file");
  expect(error.message + error.remedy).not.toContain("second line");
});
