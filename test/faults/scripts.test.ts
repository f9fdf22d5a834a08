import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  catchUpScript,
  injectScript,
  runner,
  undoScript,
  valueScript,
} from "../../lab/faults/scripts.ts";
import type { SettingStep } from "../../lab/faults/step.ts";
import { baseFile, type StoredStep, stepDirectory, stepFile } from "../../lab/faults/store.ts";

/** Stands for a machine's own `/var/lib/tailnet-lab`. */
let machine: string;
beforeEach(() => {
  machine = mkdtempSync(join(tmpdir(), "tailnet-lab-test-"));
  writeFileSync(here(setting), "first");
});
afterEach(() => rmSync(machine, { recursive: true }));

const here = (text: string) => text.replaceAll("/var/lib/tailnet-lab", machine);

/** A file of which the content is the setting. */
const setting = "/var/lib/tailnet-lab/word";

function run(script: string): void {
  const [bash = "", ...options] = runner;
  const { status, stderr } = spawnSync(bash, [...options, "-c", here(script)], {
    encoding: "utf8",
  });
  expect(status, stderr).toBe(0);
}

const value = () => readFileSync(here(setting), "utf8");

/** A fault that gives the setting a value, or edits the one before. */
function fault(id: string, to: SettingStep["value"]): StoredStep & { step: SettingStep } {
  return {
    fault: { kind: "magic-dns-off" },
    id,
    at: "2026-01-02T03:04:05.678Z",
    origin: "command",
    index: 0,
    count: 1,
    step: {
      kind: "setting",
      node: "laptop",
      setting: "word",
      read: `cat ${setting}`,
      write: `cat > ${setting}`,
      value: to,
      atBoot: "again",
    },
  };
}

/** Puts the step's files where the machine keeps them, as an injection does. */
function put(stored: StoredStep & { step: SettingStep }, more: Record<string, string> = {}): void {
  const files = {
    [stepFile.inject]: injectScript(stored, stored.step),
    [stepFile.value]: valueScript(stored.step),
    [stepFile.base]: baseFile(stored.step.setting),
    ...more,
  };
  mkdirSync(here(stepDirectory(stored)), { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(here(stepDirectory(stored)), name), here(text));
  }
}

function inject(stored: StoredStep & { step: SettingStep }): void {
  put(stored);
  run(injectScript(stored, stored.step));
}

function clear(stored: StoredStep & { step: SettingStep }): void {
  writeFileSync(join(here(stepDirectory(stored)), stepFile.undo), "");
  run(undoScript(stored, stored.step));
  rmSync(here(stepDirectory(stored)), { recursive: true });
}

const one = fault("f1", "one's");
const two = fault("f2", { edit: "tr a-z A-Z" });
const three = fault("f3", { edit: "sed 's/$/, three/'" });

test("the last fault of a setting holds, and the value of before the first comes back", () => {
  inject(one);
  expect(value()).toBe("one's");
  inject(fault("f2", "two"));
  expect(value()).toBe("two");
  clear(one);
  expect(value()).toBe("two");
  expect(existsSync(here(baseFile("word"))), "the value of before").toBe(true);
  clear(fault("f2", "two"));
  expect(value()).toBe("first");
  expect(existsSync(here(baseFile("word"))), "the value of before is kept no longer").toBe(false);
});

test("edits are made of the value of before, in their order, whichever is cleared", () => {
  for (const each of [one, two, three]) inject(each);
  expect(value()).toBe("ONE'S, three");
  clear(two);
  expect(value()).toBe("one's, three");
  clear(one);
  expect(value()).toBe("first, three");
  clear(three);
  expect(value()).toBe("first");
});

test("injected again, as a restarted machine does, it is the same", () => {
  for (const each of [one, three]) inject(each);
  for (const each of [one, three]) run(injectScript(each, each.step));
  expect(value()).toBe("one's, three");
});

test("undone where it was never injected, nothing changes", () => {
  run(undoScript(one, one.step));
  expect(value()).toBe("first");
});

test("a machine that goes on catches up with what was injected and cleared meanwhile", () => {
  inject(one);
  put(two, { [stepFile.pending]: "" });
  put(three, { [stepFile.pending]: "" });
  put(one, { [stepFile.undo]: undoScript(one, one.step) });
  run(catchUpScript);
  expect(value()).toBe("FIRST, three");
  expect(existsSync(here(stepDirectory(one)))).toBe(false);
  expect(existsSync(join(here(stepDirectory(two)), stepFile.pending))).toBe(false);
});
