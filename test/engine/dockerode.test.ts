import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect, test } from "vitest";

const module = fileURLToPath(new URL("../../lab/engine/dockerode.ts", import.meta.url));

/** A process of its own: what others have loaded must not count. @returns whether a package is loaded, before and after */
async function loaded(name: string, work: string): Promise<{ steps: boolean[]; error: string }> {
  const program = `
    import { createRequire } from "node:module";
    const { Docker } = await import(${JSON.stringify(module)});
    const require = createRequire(${JSON.stringify(module)});
    const isLoaded = () => Object.keys(require.cache).some((file) => file.includes("/node_modules/${name}/"));
    const steps = [isLoaded()];
    const error = await (${work}).then(() => "none", (reason) => reason.message + " " + reason.code);
    steps.push(isLoaded());
    console.log(JSON.stringify({ steps, error }));`;
  const { stdout } = await execa(process.execPath, ["--input-type=module", "-e", program]);
  return JSON.parse(stdout);
}

test("the SSH client is loaded where an engine is reached over SSH, and works", async () => {
  // Nothing listens on port 1.
  const work = `new Docker({ protocol: "ssh", host: "127.0.0.1", port: 1, username: "nobody" }).ping()`;
  expect(await loaded("ssh2", work)).toEqual({
    steps: [false, true],
    error: expect.stringContaining("ECONNREFUSED"),
  });
});

test("BuildKit's session is loaded where an image is built by it, and works", async () => {
  const context = JSON.stringify(import.meta.dirname);
  const work = `new Docker({ host: "127.0.0.1", port: 1 }).buildImage({ context: ${context}, src: [] }, { version: "2" })`;
  expect(await loaded("@grpc/grpc-js", work)).toEqual({
    steps: [false, true],
    error: expect.stringContaining("ECONNREFUSED"),
  });
});
