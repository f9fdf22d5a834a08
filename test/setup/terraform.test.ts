import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { silent } from "../../lab/progress.ts";
import { ensureTerraform } from "../../setup/terraform.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tailnet-lab-test-"));
  vi.stubEnv("PATH", folder);
  vi.stubEnv("XDG_CACHE_HOME", join(folder, "cache"));
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function program(name: string): string {
  const path = join(folder, name);
  writeFileSync(path, "#!/bin/sh\n", { mode: 0o755 });
  return path;
}

test("Terraform goes before OpenTofu, and either will do", async () => {
  const tofu = program("tofu");
  expect(await ensureTerraform(silent)).toBe(tofu);
  const terraform = program("terraform");
  expect(await ensureTerraform(silent)).toBe(terraform);
});

test("without either and without Go, it says what to install", async () => {
  await expect(ensureTerraform(silent)).rejects.toMatchObject({
    name: "TerraformMissing",
    remedy: "install Terraform, OpenTofu or Go",
  });
});

test("TAILNET_LAB_INSTALL=0 forbids to build it", async () => {
  program("go");
  vi.stubEnv("TAILNET_LAB_INSTALL", "0");
  await expect(ensureTerraform(silent)).rejects.toMatchObject({
    name: "TerraformMissing",
    remedy: expect.stringContaining("TAILNET_LAB_INSTALL=0"),
  });
});
