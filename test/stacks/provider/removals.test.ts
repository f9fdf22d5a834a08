import { expect, test } from "vitest";
import { Removals } from "../../../stacks/provider/removals.ts";

const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

test("attempts again when a removal ends, and no timer stays to hold the process", async () => {
  const removals = new Removals();
  const before = timers();
  let attempts = 0;
  const created = removals.onceFree(/in use/, async () => {
    attempts += 1;
    if (attempts === 1) throw new Error("address already in use");
    return "created";
  });
  await new Promise(setImmediate);
  removals.ended();
  expect(await created).toBe("created");
  expect(attempts).toBe(2);
  expect(timers()).toBe(before);
});
