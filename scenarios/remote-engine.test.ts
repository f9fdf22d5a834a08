import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { test as base } from "vitest";
import { cleanAll } from "../lab/engine/clean.ts";
import { connectEngine } from "../lab/engine/engine.ts";
import { expect } from "./harness/index.ts";
import { reapAfter } from "./harness/reaper.ts";

const main = fileURLToPath(new URL("../cli/main.ts", import.meta.url));
const lab = `remote-${process.pid}`;
const topology = {
  name: lab,
  networks: { home: { nat: "easy", lan: "10.213.79.0/24" } },
  nodes: {
    laptop: { kind: "tailscale", network: "home", user: "alice" },
    www: { kind: "host", network: "internet", services: [{ kind: "http", port: 80 }] },
  },
};

/** The engine by TCP, as one of another machine is: the local one behind a port. */
const test = base
  // biome-ignore lint/correctness/noEmptyPattern: Vitest reads a fixture's dependencies off its first parameter
  .extend("port", { scope: "file" }, async ({}, { onCleanup }) => {
    const sockets = new Set<Socket>();
    // A program's input may end before its output does.
    const server = createServer({ allowHalfOpen: true }, (near) => {
      const far = connect({ path: "/var/run/docker.sock", allowHalfOpen: true });
      for (const socket of [near, far]) {
        sockets.add(socket);
        socket.on("error", () => socket.destroy());
        socket.on("close", () => sockets.delete(socket));
      }
      near.pipe(far).pipe(near);
    });
    await listening(server);
    onCleanup(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  })
  .extend("run", { scope: "file" }, async ({ port }, { onCleanup }) => {
    reapAfter({ lab });
    const cwd = mkdtempSync(join(tmpdir(), "tailnet-lab-remote-"));
    writeFileSync(join(cwd, "lab.mjs"), `export default ${JSON.stringify(topology)};`);
    onCleanup(async () => {
      await cleanAll(await connectEngine(), { lab });
      rmSync(cwd, { recursive: true });
    });
    return (args: string[], input = "") =>
      execa(process.execPath, [main, ...args], {
        cwd,
        env: { DOCKER_HOST: `tcp://127.0.0.1:${port}` },
        input,
        reject: false,
      });
  });

function listening(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
}

test("a lab on an engine by TCP: up, exec, reach, diff, down", async ({ run }) => {
  const up = await run(["up", "lab.mjs"]);
  expect(up.exitCode, up.stderr).toBe(0);
  const echoed = await run(["exec", "laptop", "--lab", lab, "--", "cat"], "through the engine\n");
  expect(echoed.stdout).toBe("through the engine");
  const reach = await run(["reach", "laptop", "www:80", "--lab", lab]);
  expect(reach.stdout).toContain("reached");
  const diff = await run(["diff", "lab.mjs"]);
  expect(diff.stdout).toBe(`Lab ${lab}: no changes.`);
  const down = await run(["down", lab]);
  expect(down.exitCode, down.stderr).toBe(0);
});

test("check asks that engine", async ({ run }) => {
  const { stdout, exitCode } = await run(["check", "--json"]);
  const { checks } = JSON.parse(stdout);
  const states = checks.map(({ check, state }: Record<string, string>) => `${check}: ${state}`);
  expect(states).toEqual(
    expect.arrayContaining([
      "engine: ok",
      "TUN devices: ok",
      "IPv6: ok",
      "containers on one network reach each other: ok",
    ]),
  );
  expect(exitCode).toBe(0);
});
