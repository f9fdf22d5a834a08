import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { useDockerContext } from "../../lab/engine/docker-context.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tailnet-lab-test-"));
  vi.stubEnv("DOCKER_CONFIG", folder);
  for (const name of ["DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CERT_PATH", "DOCKER_TLS_VERIFY"]) {
    vi.stubEnv(name, "");
  }
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** Writes a context as `docker context create` does. */
function context(name: string, host: string): string {
  const key = createHash("sha256").update(name).digest("hex");
  const meta = join(folder, "contexts/meta", key);
  mkdirSync(meta, { recursive: true });
  const endpoints = { docker: { Host: host, SkipTLSVerify: false } };
  writeFileSync(join(meta, "meta.json"), JSON.stringify({ Name: name, Endpoints: endpoints }));
  return key;
}

function use(name: string): void {
  writeFileSync(join(folder, "config.json"), JSON.stringify({ currentContext: name }));
}

test("the context in use names the engine, and its certificates go with it", async () => {
  const key = context("far", "tcp://far.example:2376");
  mkdirSync(join(folder, "contexts/tls", key, "docker"), { recursive: true });
  use("far");
  await useDockerContext();
  expect(process.env.DOCKER_HOST).toBe("tcp://far.example:2376");
  expect(process.env.DOCKER_CERT_PATH).toBe(join(folder, "contexts/tls", key, "docker"));
  expect(process.env.DOCKER_TLS_VERIFY).toBe("1");
});

test("DOCKER_HOST goes before DOCKER_CONTEXT, and that before the context in use", async () => {
  context("used", "unix:///used.sock");
  context("named", "unix:///named.sock");
  use("used");
  vi.stubEnv("DOCKER_CONTEXT", "named");
  await useDockerContext();
  expect(process.env.DOCKER_HOST).toBe("unix:///named.sock");

  vi.stubEnv("DOCKER_HOST", "unix:///host.sock");
  await useDockerContext();
  expect(process.env.DOCKER_HOST).toBe("unix:///host.sock");
});

test("without a context, and with the default one, nothing is named", async () => {
  await useDockerContext();
  use("default");
  await useDockerContext();
  expect(process.env.DOCKER_HOST).toBe("");
});

test("a context that is gone is told with its name", async () => {
  use("gone");
  await expect(useDockerContext()).rejects.toMatchObject({
    name: "EngineMissing",
    what: "the Docker context gone can't be read",
  });
});
