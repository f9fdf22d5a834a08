import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { program } from "../../lab/plan/programs.ts";

async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

const ports = { tcp: await freePort(), udp: await freePort() };
const words = [`tcp-echo:${ports.tcp}`, `udp-echo:${ports.udp}`];
const server = execa({
  input: program("echo-server.pl"),
  reject: false,
})`perl - ${["test: ", ...words]}`;
const seen: string[] = [];
const lines = createInterface({ input: server.stdout });
lines.on("line", (line) => seen.push(line));

beforeAll(async () => {
  // It listens when it answers; how soon is the machine's matter.
  for (let up = false; !up; ) {
    const socket = connect(ports.tcp, "127.0.0.1");
    up = await once(socket, "connect").then(
      () => true,
      () => false,
    );
    socket.destroy();
  }
});
afterAll(async () => {
  server.kill();
  await server;
});

describe.each(["127.0.0.1", "::1"])("the echo server, asked at %s,", (host) => {
  test("sends back what comes over TCP, to several at once, until they end", async () => {
    const one = connect({ port: ports.tcp, host, allowHalfOpen: true });
    const other = connect(ports.tcp, host);
    other.write("hello");
    expect(String((await once(other, "data"))[0])).toBe("hello");
    const sent = "x".repeat(300_000);
    let back = "";
    one.on("data", (data) => {
      back += data;
    });
    one.end(sent);
    await once(one, "end");
    expect(back).toBe(sent);
    const { localPort } = other;
    other.destroy();
    await expect.poll(() => seen).toContain(`test: tcp-echo:${ports.tcp} saw ${host}:${localPort}`);
  });

  test("sends back what comes over UDP", async () => {
    const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    socket.send("hello", ports.udp, host);
    expect(String((await once(socket, "message"))[0])).toBe("hello");
    const { port } = socket.address();
    await expect.poll(() => seen).toContain(`test: udp-echo:${ports.udp} saw ${host}:${port}`);
    socket.close();
  });
});

test("a port that is taken ends it, with the reason", async () => {
  const { exitCode, stderr } = await execa({
    input: program("echo-server.pl"),
    reject: false,
  })`perl - ${"test: "} tcp-echo:${ports.tcp}`;
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain(`port ${ports.tcp}: Address already in use`);
});
