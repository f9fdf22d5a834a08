import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Docker from "dockerode";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { labState } from "../../stacks/state.ts";
import { openTerraform } from "../../stacks/terraform.ts";
import { Tally } from "../../stacks/up.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "stack-terraform-"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true, force: true });
});

async function program(name: string, script: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

describe("running it", () => {
  const run = async (script: string, signal?: AbortSignal) => {
    const path = await program("terraform", script);
    const temporary = { directory, [Symbol.asyncDispose]: async () => {} };
    await using terraform = await openTerraform(
      new Docker(),
      path,
      temporary,
      labState(directory, "x"),
    );
    const events: string[] = [];
    await terraform.run(["apply"], {
      cwd: directory,
      signal,
      onEvent: ({ type }) => events.push(type),
    });
    return events;
  };
  const diagnostic = (detail: string) =>
    `echo '${JSON.stringify({
      type: "diagnostic",
      diagnostic: {
        severity: "error",
        summary: "It was not created",
        detail,
        address: "docker_container.node-laptop",
      },
    })}'; exit 1`;

  test("tells its events and skips what is none", async () => {
    expect(await run(`echo 'Warning: hello'; echo '{"type":"version","ui":"1"}'`)).toEqual([
      "version",
    ]);
  });

  test.each([
    ["bad luck", "TerraformFailed"],
    ["write /var: no space left on device", "DiskFull"],
    ['error gathering device information "/dev/net/tun"', "TunMissing"],
  ])("fails with its words: %s", async (detail, name) => {
    await expect(run(diagnostic(detail))).rejects.toMatchObject({
      name,
      what: `It was not created: ${detail}`,
      where: "laptop",
    });
  });

  test("fails with what it wrote to its standard error where there is no diagnostic", async () => {
    await expect(run("echo 'no such flag' >&2; exit 1")).rejects.toThrow("no such flag");
  });

  test("keeps the user's own TF_ variables from it", async () => {
    vi.stubEnv("TF_CLI_ARGS", "-destroy");
    expect(await run(`test -z "$TF_CLI_ARGS" && test -n "$TF_REATTACH_PROVIDERS"`)).toEqual([]);
  });

  test("interrupts it once and waits until it has ended in order", async () => {
    const abort = new AbortController();
    const path = join(directory, "ended");
    const script = `trap 'echo >> ${path}; exit 1' INT; echo '{"type":"version"}'; while :; do sleep 0.05; done`;
    const running = program("terraform", script).then(async (terraform) => {
      const temporary = { directory, [Symbol.asyncDispose]: async () => {} };
      await using opened = await openTerraform(
        new Docker(),
        terraform,
        temporary,
        labState(directory, "x"),
      );
      await opened.run([], { cwd: directory, signal: abort.signal, onEvent: () => abort.abort() });
    });
    await expect(running).rejects.toMatchObject({ name: "AbortError" });
    expect(await readFile(path, "utf8")).toBe("\n");
  });

  test.each([
    ["that says nothing is killed, and told by its id", ""],
    ["that only says that it waits", `echo '{"type":"apply_progress"}'; `],
  ])("one %s", async (_title, output) => {
    const path = await program("terraform", `while :; do ${output}sleep 0.05; done`);
    const temporary = { directory, [Symbol.asyncDispose]: async () => {} };
    const state = labState(directory, "x");
    await using terraform = await openTerraform(new Docker(), path, temporary, state);
    await expect(terraform.run(["apply"], { cwd: directory, idleMs: 500 })).rejects.toMatchObject({
      name: "WaitTimedOut",
      what: expect.stringMatching(
        /^timed out after 0.5 s .*process \d+ \(terraform apply\); it was killed$/,
      ),
    });
  });

  test("one that does not end when interrupted is killed, and said to be waited for", async () => {
    const script = `trap '' INT; echo '{"type":"version"}'; while :; do sleep 0.05; done`;
    const path = await program("terraform", script);
    const temporary = { directory, [Symbol.asyncDispose]: async () => {} };
    const state = labState(directory, "x");
    await using terraform = await openTerraform(new Docker(), path, temporary, state);
    const abort = new AbortController();
    const details: string[] = [];
    await expect(
      terraform.run(["apply"], {
        cwd: directory,
        signal: abort.signal,
        onEvent: () => abort.abort(),
        detail: (text) => details.push(text),
        endIdleMs: 300,
      }),
    ).rejects.toMatchObject({ name: "AbortError" });
    expect(details[0]).toMatch(/^waiting for the end of process \d+ \(terraform apply\)$/);
    expect(details[1]).toContain("it was killed");
  });
});

test("what was done is told by names; made anew is both removed and created", () => {
  const details: string[] = [];
  const tally = new Tally((text) => details.push(text));
  tally.add({ type: "change_summary", changes: { add: 3, change: 0, remove: 2 } });
  const done = (action: string, addr: string) =>
    tally.add({ type: "apply_complete", hook: { action, resource: { addr } } });
  done("create", "docker_image.image-base");
  done("delete", "docker_container.node-phone");
  done("delete", "docker_container.node-laptop");
  done("create", "docker_container.node-laptop");
  done("create", "docker_network.network-home");
  expect(details.at(-1)).toBe("5 of 5: network home");
  expect(tally.result()).toEqual({
    created: ["network home"],
    changed: ["laptop"],
    removed: ["phone"],
    unchanged: false,
  });
});
