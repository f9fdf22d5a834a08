import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Engine } from "../../lab/engine/engine.ts";
import { isApplied, noteApplied } from "../../stacks/applied.ts";
import { labState, terraformDirectory } from "../../stacks/state.ts";

const state = () => labState(base, "tiny");
let base: string;
let stack: string;

/** An engine whose one volume has this name; absent: it is gone. */
function engineWith(volume: string | undefined): Engine {
  const inspect = async () => {
    if (volume === undefined) throw Object.assign(new Error("no such volume"), { statusCode: 404 });
    return { Name: volume };
  };
  return { getVolume: () => ({ inspect }) } as unknown as Engine;
}

const terraformState = (instance: object = {}) =>
  JSON.stringify({
    resources: [
      {
        type: "docker_volume",
        instances: [{ attributes: { id: "v", name: "v", labels: [] }, ...instance }],
      },
    ],
  });

const write = async (name: string, text: string) => writeFile(join(stack, name), text);

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "tailnet-lab-unit-"));
  stack = terraformDirectory(state());
  await mkdir(stack, { recursive: true });
  await write("cdk.tf.json", "{}");
  await write("terraform.tfstate", terraformState());
});

afterEach(() => rm(base, { recursive: true }));

test("what was noted and is on the engine as the state says is applied", async () => {
  expect(await isApplied(engineWith("v"), state(), stack)).toBe(false);
  await noteApplied(state(), stack);
  expect(await isApplied(engineWith("v"), state(), stack)).toBe(true);
});

test("it is not where the engine has something else, or nothing", async () => {
  await noteApplied(state(), stack);
  expect(await isApplied(engineWith("w"), state(), stack)).toBe(false);
  expect(await isApplied(engineWith(undefined), state(), stack)).toBe(false);
});

test("it is not where the declaration or the state is another, or can't be read", async () => {
  await noteApplied(state(), stack);
  await write("cdk.tf.json", '{"resource":{}}');
  expect(await isApplied(engineWith("v"), state(), stack)).toBe(false);
  await write("cdk.tf.json", "{}");
  await write("terraform.tfstate", `${terraformState()} `);
  expect(await isApplied(engineWith("v"), state(), stack)).toBe(false);
  await write("terraform.tfstate", terraformState().slice(0, -1));
  await noteApplied(state(), stack);
  expect(await isApplied(engineWith("v"), state(), stack)).toBe(false);
});

test("it is not where a start failed, or a Terraform holds the state", async () => {
  await write("terraform.tfstate", terraformState({ status: "tainted" }));
  await noteApplied(state(), stack);
  expect(await isApplied(engineWith("v"), state(), stack)).toBe(false);
  await write("terraform.tfstate", terraformState());
  await noteApplied(state(), stack);
  expect(await isApplied(engineWith("v"), state(), stack)).toBe(true);
  await write(".terraform.tfstate.lock.info", "{}");
  expect(await isApplied(engineWith("v"), state(), stack)).toBe(false);
});
