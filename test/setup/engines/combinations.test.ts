import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { combinations } from "../../../setup/engines/combinations.ts";
import { whyNoOwnEngine } from "../../../setup/engines/packages.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tailnet-lab-test-"));
  vi.stubEnv("PATH", folder);
});

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** Written by another process: a program that this one had open for writing may still be busy when it is run. */
function program(name: string, script: string): void {
  const write = 'cat > "$1" && chmod +x "$1"';
  const argv = ["-c", write, "sh", join(folder, name)];
  const PATH = "/usr/bin:/bin";
  execFileSync("/bin/sh", argv, { input: `#!/bin/sh\n${script}\n`, env: { PATH } });
}

test("the engine built here with each image store and firewall, and the machine's own", async () => {
  const built = (await combinations()).map(({ name }) => name.split(" ").slice(1).join(" "));
  expect(built).toEqual([
    "containerd iptables",
    "containerd nftables",
    "overlay2 iptables",
    "overlay2 nftables",
  ]);
  program("dockerd", "echo 'Docker version 20.10.24+dfsg1, build 5d6db84'");
  const own = (await combinations()).at(-1);
  expect(own).toMatchObject({ name: "20.10.24 as installed", from: "machine" });
});

test("without root, by a user's word, or without Go there is none, and it says why", async () => {
  const uid = vi.spyOn(process, "getuid").mockReturnValue(1000);
  expect(await whyNoOwnEngine()).toMatch(/root/);
  uid.mockReturnValue(0);
  vi.stubEnv("TAILNET_LAB_INSTALL", "0");
  expect(await whyNoOwnEngine()).toMatch(/TAILNET_LAB_INSTALL=0/);
  vi.stubEnv("TAILNET_LAB_INSTALL", undefined);
  expect(await whyNoOwnEngine()).toMatch(/no Go/);
  program("go", "exit 0");
  program("unshare", "echo unshare: Operation not permitted >&2; exit 1");
  expect(await whyNoOwnEngine()).toMatch(/no namespaces .*unshare: Operation not permitted/s);
});
