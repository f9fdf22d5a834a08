import { setTimeout } from "node:timers/promises";
import { expect, test } from "vitest";
import { FirstStarts } from "../../../stacks/provider/first-starts.ts";

async function isPending(promise: Promise<void>): Promise<boolean> {
  return await Promise.race([
    promise.then(() => false),
    new Promise<true>((r) => setImmediate(r, true)),
  ]);
}

test("others wait for all that are expected, and not for a second run of one", async () => {
  const starts = new FirstStarts();
  starts.expect("control");
  starts.expect("settings");
  starts.expect("control");
  const waiting = starts.allStarted(60_000);
  starts.ended("control");
  expect(await isPending(waiting)).toBe(true);
  starts.ended("settings");
  expect(await isPending(waiting)).toBe(false);
  expect(await isPending(starts.allStarted())).toBe(false);
});

test("one that takes long is waited for", async () => {
  const starts = new FirstStarts();
  starts.expect("control");
  starts.expect("settings");
  starts.begin("control");
  const waiting = starts.allStarted(1);
  await setTimeout(20);
  expect(await isPending(waiting)).toBe(true);
  starts.ended("control");
  expect(await isPending(waiting)).toBe(false);
});

test("what never comes holds the others up for a limited time, once", async () => {
  const starts = new FirstStarts();
  starts.expect("control");
  await starts.allStarted(10);
  expect(await isPending(starts.allStarted(60_000))).toBe(false);
});
