import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { failedPrefix } from "../../lab/plan/plan.ts";
import { quote } from "../../lab/plan/quote.ts";
import { bootOf, bootParts, homelabPlan, smallPlan } from "./labs.ts";

const scripts = [smallPlan, homelabPlan].flatMap((plan) =>
  plan.containers
    .filter(({ oneShot }) => oneShot !== true)
    .map(({ name }) => [name, bootOf(plan, name)] as const),
);

function bash(script: string, ...flags: string[]) {
  const { status, stdout, stderr } = spawnSync("bash", [...flags, "-c", script], {
    encoding: "utf8",
  });
  return { status, stderr, lines: stdout.split("\n").filter((line) => line !== "") };
}

test.each(scripts)("the boot script of %s is sound to bash", (_, script) => {
  expect(bash(script, "-n")).toEqual({ status: 0, stderr: "", lines: [] });
});

test("bash would find a broken one", () => {
  expect(bash(`${scripts[0]?.[1]}\nif true; then\n`, "-n").stderr).toContain("syntax error");
});

test("a word is quoted for the shell", () => {
  for (const word of ["", "plain", "two words", "it's", '$HOME `id` \\ "x"', "a\nb"]) {
    expect(spawnSync("bash", ["-c", `printf %s ${quote(word)}`], { encoding: "utf8" }).stdout).toBe(
      word,
    );
  }
});

/** The functions and the end of every boot script around lines of ours: no network is set up. */
function boot(lines: string) {
  const { prelude, epilogue } = bootParts(scripts[0]?.[1] ?? "");
  return bash(`${prelude}step "try"\n${lines}\n${epilogue}`);
}

describe("a boot script that gives up says why, once, and ends with 1", () => {
  test.each([
    ["a command", "false", /^try: line \d+: false$/],
    ["a command in a function", "f() { local x=1; false; echo on; }\nf", /^try: line \d+: false$/],
    ["a substitution", "x=$(false | cat)", /^try: line \d+: x=\$\(false \| cat\)$/],
    ["a loop in a pipe", "echo a | while read -r _; do false; done", /^try: line \d+: /],
    ["the end of a pipe in a function", "f() { echo a | (exit 4) | cat; }\nf", /^try: line \d+: /],
    [
      "a group behind ||",
      "[ -e /nowhere/at/all ] || { false; echo on; }",
      /^try: line \d+: false$/,
    ],
    ["a silent command", "quietly ls /nowhere/at/all", /^try: ls: .*\/nowhere\/at\/all/],
    [
      "a wait",
      'wait_for 1 "a thing" ls /nowhere/at/all',
      /^timed out after 1 s waiting for a thing: ls .*No such file/,
    ],
    [
      "an interface",
      "ip() { :; }\ninterface 203.0.113.9 lan 02:42:cb:00:71:09 home 10.0.0.1/24",
      /^no interface has Docker's address 203\.0\.113\.9/,
    ],
  ])("%s", (_, lines, words) => {
    const { status, lines: said } = boot(lines);
    expect(status).toBe(1);
    expect(said).toHaveLength(1);
    expect(said[0]?.startsWith(failedPrefix)).toBe(true);
    expect(said[0]?.slice(failedPrefix.length)).toMatch(words);
  });
});

test("a machine is ready, and gives up when one of its programs ends", () => {
  const { status, lines } = boot("sleep 2 >/dev/null 2>&1 &\nbash -c 'sleep 0.1; exit 3' &");
  expect(lines).toEqual([
    "tailnet-lab: ready",
    `${failedPrefix}a program ended, exit code 3: bash -c 'sleep 0.1; exit 3' &`,
  ]);
  expect(status).toBe(1);
});

test("a program that has ended before the machine waits for any is not forgotten", () => {
  const { status, lines } = boot(
    'run() { program_commands[$1]="$2"; bash -c "$2" & program_names[$!]=$1; }\nrun one "exit 3"\nsleep 2 >/dev/null 2>&1 &\nfor _ in 1 2; do sleep 0.1; done',
  );
  expect(lines).toContain(`${failedPrefix}a program ended, exit code 3: exit 3`);
  expect(status).toBe(1);
});

test("a wait ends as soon as its command succeeds", () => {
  expect(boot('wait_for 5 "nothing" true\necho on; exit 0').lines).toEqual(["on"]);
});
