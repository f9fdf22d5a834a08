import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ensureImages } from "../../lab/images/ensure.ts";
import { imageRef } from "../../lab/images/recipes.ts";
import { silent } from "../../lab/progress.ts";

let folder: string;
let socket: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tailnet-lab-test-"));
  socket = join(folder, "engine.sock");
  vi.stubEnv("DOCKER_HOST", `unix://${socket}`);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test("images that are there cost one call of the engine", async () => {
  const key = { program: "headscale", version: "0.29.3" } as const;
  const calls: string[] = [];
  const engine = createServer((request, response) => {
    calls.push(`${request.method} ${request.url}`);
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify([
        { RepoTags: [imageRef(key)] },
        { RepoTags: [imageRef({ program: "base" })] },
      ]),
    );
  });
  await new Promise<void>((resolve) => engine.listen(socket, resolve));
  try {
    await ensureImages([key, key], silent);
    expect(calls).toEqual([expect.stringMatching(/^GET \/images\/json\?/)]);
  } finally {
    engine.close();
  }
});

test("no engine is EngineMissing, with what to do", async () => {
  await expect(ensureImages([{ program: "base" }], silent)).rejects.toMatchObject({
    name: "EngineMissing",
    remedy: expect.stringContaining("DOCKER_HOST"),
  });
});
