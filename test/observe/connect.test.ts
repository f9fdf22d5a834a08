import { createSocket } from "node:dgram";
import { createServer as createHttp } from "node:http";
import { createServer, type Server } from "node:net";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { classify, type ReachResult, reachAll, type Target } from "../../lab/observe/connect.ts";
import type { RunningNode } from "../../lab/running/running-node.ts";

/** This machine in a node's place: the probe is a script, and runs here as it does there. */
const thisMachine = {
  name: "here",
  exec: async (argv: readonly string[], options?: { env?: Record<string, string> }) => {
    const [program = "", ...args] = argv;
    return execa(program, args, { env: options?.env ?? {}, reject: false });
  },
} as unknown as RunningNode;

const ports = { echo: 0, wrong: 0, mute: 0, http: 0, udp: 0, closed: 0 };
const cleanUp: (() => void)[] = [];

function listen(server: Server): Promise<number> {
  cleanUp.push(() => server.close());
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
  });
}

beforeAll(async () => {
  ports.echo = await listen(createServer((socket) => socket.pipe(socket)));
  ports.wrong = await listen(createServer((socket) => socket.end("something else\n")));
  ports.mute = await listen(createServer((socket) => cleanUp.push(() => socket.destroy())));
  ports.http = await listen(
    createHttp((request, response) => response.end(`${request.socket.remoteAddress}\n`)),
  );
  const udp = createSocket("udp4", (data, from) => udp.send(data, from.port, from.address));
  cleanUp.push(() => udp.close());
  ports.udp = await new Promise((resolve) => {
    udp.bind(0, "127.0.0.1", () => resolve(udp.address().port));
  });
  const gone = createServer();
  ports.closed = await listen(gone);
  await new Promise((resolve) => gone.close(resolve));
});
afterAll(() => {
  for (const clean of cleanUp) clean();
});

async function probe(...targets: Target[]): Promise<ReachResult[]> {
  return reachAll(thisMachine, targets, { seconds: 1 });
}

describe("a real connection", () => {
  test("all kinds of service at once, in the targets' order", async () => {
    const host = "127.0.0.1";
    const results = await probe(
      { host, port: ports.echo, protocol: "tcp", service: "tcp-echo" },
      { host, port: ports.udp, protocol: "udp", service: "udp-echo" },
      { host: "localhost", port: ports.http, protocol: "tcp", service: "http", family: 4 },
      { host, port: ports.mute, protocol: "tcp" },
      { host, port: ports.mute, protocol: "tcp", service: "tcp-echo" },
      { host, port: ports.closed, protocol: "tcp" },
      { host, port: ports.closed, protocol: "udp", service: "udp-echo" },
      { host: "no-such-name.invalid", port: 80, protocol: "tcp" },
    );
    expect(results.map((result) => result.outcome)).toEqual([
      "reached",
      "reached",
      "reached",
      "reached",
      "timeout",
      "refused",
      "refused",
      "unresolved",
    ]);
    expect(results[2]).toMatchObject({ address: host, seenFrom: host });
    expect(results[0]?.latencyMs).toBeGreaterThan(0);
    expect(results[7]?.address).toBeNull();
  });

  test("a datagram that is lost is sent again", async () => {
    let seen = 0;
    const lossy = createSocket("udp4", (data, from) => {
      seen += 1;
      if (seen > 1) lossy.send(data, from.port, from.address);
    });
    cleanUp.push(() => lossy.close());
    const port = await new Promise<number>((resolve) => {
      lossy.bind(0, "127.0.0.1", () => resolve(lossy.address().port));
    });
    const target = { host: "127.0.0.1", port, protocol: "udp", service: "udp-echo" } as const;
    const [result] = await reachAll(thisMachine, [target], { seconds: 5 });
    expect(result?.outcome).toBe("reached");
    expect(seen).toBe(2);
  });

  test("an echo that sends another thing back is a fault, not reached", async () => {
    const target = { host: "127.0.0.1", port: ports.wrong, protocol: "tcp" } as const;
    await expect(probe({ ...target, service: "tcp-echo" })).rejects.toThrow("another answer");
  });
});

describe("what a probe said", () => {
  const target: Target = { host: "a", port: 7, protocol: "tcp", service: "tcp-echo" };
  const outcome = (said: string, exitCode = 1) =>
    classify("n", target, "x", exitCode, said).outcome;

  test("outcomes", () => {
    expect(outcome("resolved 100.64.0.5", 124)).toBe("timeout");
    expect(outcome("", 124)).toBe("unresolved");
    expect(outcome("resolved 1.2.3.4|connect: No route to host")).toBe("unreachable");
    expect(outcome("resolved 1.2.3.4|connect: Network is unreachable")).toBe("unreachable");
    expect(outcome("resolved ::1|connect: Cannot assign requested address")).toBe("unreachable");
    expect(outcome("resolved 1.2.3.4|connected|read error: Connection reset by peer")).toBe(
      "refused",
    );
    expect(outcome("resolved 1.2.3.4|connected|closed|answered 77 ", 0)).toBe("refused");
  });

  test("a tool that is missing is an error, never an outcome", () => {
    expect(() => outcome("resolved 1.2.3.4|ping: No such file or directory")).toThrow(
      "probe itself",
    );
    expect(() => outcome("resolved 1.2.3.4", 1)).toThrow("exit code 1");
  });
});
