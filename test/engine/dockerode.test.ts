import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { Docker } from "../../lab/engine/dockerode.ts";

const require = createRequire(import.meta.url);
const isLoaded = (name: string) =>
  Object.keys(require.cache).some((file) => file.includes(`/node_modules/${name}/`));

test("the SSH client is loaded where an engine is reached over SSH, and works", async () => {
  expect(isLoaded("docker-modem")).toBe(true);
  expect(isLoaded("ssh2")).toBe(false);
  // Nothing listens on port 1.
  const engine = new Docker({ protocol: "ssh", host: "127.0.0.1", port: 1, username: "nobody" });
  await expect(engine.ping()).rejects.toThrow(/ECONNREFUSED/);
  expect(isLoaded("ssh2")).toBe(true);
});

test("BuildKit's session is loaded where an image is built by it, and works", async () => {
  expect(isLoaded("@grpc/grpc-js")).toBe(false);
  const engine = new Docker({ host: "127.0.0.1", port: 1 });
  const build = engine.buildImage({ context: import.meta.dirname, src: [] }, { version: "2" });
  await expect(build).rejects.toThrow(/ECONNREFUSED/);
  expect(isLoaded("@grpc/grpc-js")).toBe(true);
});
