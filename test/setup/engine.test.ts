import { afterEach, expect, test, vi } from "vitest";
import { silent } from "../../lab/progress.ts";
import { ensureEngine } from "../../setup/engine.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

test("an engine elsewhere is not replaced by one of this machine's", async () => {
  vi.stubEnv("DOCKER_HOST", "unix:///nowhere/docker.sock");
  await expect(ensureEngine(silent)).rejects.toMatchObject({
    name: "EngineMissing",
    where: "unix:///nowhere/docker.sock",
    remedy: expect.stringContaining("DOCKER_HOST"),
  });
});
