import { createSocket } from "node:dgram";
import { rmSync } from "node:fs";
import { mkdtemp, writeFile } from "node:fs/promises";
import { createServer as createHttp } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { reach, reachAll, tryAll } from "../../lab/observe/connect.ts";
import { classify, isReached, type Target } from "../../lab/observe/outcome.ts";
import type { RunningNode } from "../../lab/running/running-node.ts";

/** This machine in a node's place: the probe is a program, and runs here as it does there. */
function machine(environment: Record<string, string> = {}): RunningNode {
  return {
    name: "here",
    exec: async (argv: readonly string[], options?: { env?: Record<string, string> }) => {
      const [program = "", ...args] = argv;
      const env = { ...options?.env, ...environment };
      return execa(program, args, { env, reject: false });
    },
  } as unknown as RunningNode;
}

const host = "127.0.0.1";
const cleanUp: (() => void)[] = [];
afterAll(() => {
  for (const clean of cleanUp) clean();
});

function listen(server: Server): Promise<number> {
  cleanUp.push(() => server.close());
  return new Promise((resolve) => {
    server.listen(0, host, () => resolve((server.address() as { port: number }).port));
  });
}

/** A TCP server that does this with each connection, whose input it reads. */
function tcp(serve: (socket: Socket) => void): Promise<number> {
  return listen(
    createServer((socket) => {
      cleanUp.push(() => socket.destroy());
      socket.on("error", () => {});
      socket.resume();
      serve(socket);
    }),
  );
}

function udp(answer: (data: Buffer) => Buffer | undefined): Promise<number> {
  const socket = createSocket("udp4", (data, from) => {
    const reply = answer(data);
    if (reply !== undefined) socket.send(reply, from.port, from.address);
  });
  cleanUp.push(() => socket.close());
  return new Promise((resolve) => {
    socket.bind(0, host, () => resolve(socket.address().port));
  });
}

/** Of no server: it was one a moment ago. */
async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Answers a question with a response code. */
function dnsAnswer(question: Buffer, code: number): Buffer {
  const answer = Buffer.from(question);
  answer.writeUInt16BE(0x8180 | code, 2);
  return answer;
}

/** Long enough for an answer that comes, on a machine that is busy; short where none is to come. */
const patient = 20;
const brief = 1;

async function outcome(target: Omit<Target, "host">, seconds = patient): Promise<string> {
  const result = await reach(machine(), { host, ...target }, { seconds });
  return result.detail === "" ? result.outcome : `${result.outcome}: ${result.detail}`;
}

describe("many targets at once", () => {
  test("all kinds of service, in the targets' order", async () => {
    const echo = await tcp((socket) => socket.pipe(socket));
    const http = await listen(
      createHttp((request, response) => response.end(`${request.socket.remoteAddress}\n`)),
    );
    const results = await reachAll(
      machine(),
      [
        { host, port: echo, protocol: "tcp", service: "tcp-echo" },
        { host, port: await udp((data) => data), protocol: "udp", service: "udp-echo" },
        { host: "localhost", port: http, protocol: "tcp", service: "http", family: 4 },
        { host, port: echo, protocol: "tcp" },
        { host: "no-such-name.invalid", port: 80, protocol: "tcp" },
      ],
      { seconds: patient },
    );
    expect(results.map((result) => result.outcome)).toEqual([
      "reached",
      "reached",
      "reached",
      "connected",
      "unresolved",
    ]);
    expect(results[2]).toMatchObject({ address: host, seenFrom: host });
    expect(results[0]?.latencyMs).toBeGreaterThan(0);
    expect(results[4]?.address).toBeNull();
  });

  test("more than run at the same time", async () => {
    const port = await tcp((socket) => socket.pipe(socket));
    const target: Target = { host, port, protocol: "tcp", service: "tcp-echo" };
    const results = await reachAll(
      machine(),
      Array.from({ length: 150 }, () => target),
      { seconds: patient },
    );
    expect(results.filter(isReached)).toHaveLength(150);
  });
});

describe.concurrent("an echo over TCP", () => {
  const echo = (serve: (socket: Socket) => void, seconds = patient) =>
    tcp(serve).then((port) => outcome({ port, protocol: "tcp", service: "tcp-echo" }, seconds));

  test("nobody listens", async () => {
    const port = await closedPort();
    expect(await outcome({ port, protocol: "tcp", service: "tcp-echo" })).toBe(
      "refused: ECONNREFUSED",
    );
  });
  test("accepted and closed", async () => {
    expect(await echo((socket) => socket.end())).toBe("closed");
  });
  test("accepted and reset", async () => {
    expect(await echo((socket) => socket.resetAndDestroy())).toMatch(/^closed/);
  });
  test("half of it comes back", async () => {
    expect(
      await echo((socket) => socket.once("data", (data) => socket.end(data.subarray(0, 9)))),
    ).toBe("closed");
  });
  test("another thing comes back", async () => {
    expect(await echo((socket) => void socket.write("SSH-2.0-OpenSSH_9.2\r\n"))).toMatch(
      /^bad-answer: another echo than was sent: SSH-2.0/,
    );
  });
  test("accepted, then silence: not what a dropped packet looks like", async () => {
    expect(await echo(() => {}, brief)).toBe("unanswered");
  });
});

describe.concurrent("HTTP", () => {
  const http = (answer: string | Buffer, { end = true, seconds = patient } = {}) =>
    tcp((socket) => {
      socket.once("data", () => (end ? socket.end(answer) : socket.write(answer)));
    }).then((port) => outcome({ port, protocol: "tcp", service: "http" }, seconds));

  test.each([
    ["closed by its length", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi\n", "reached"],
    ["closed by its end", "HTTP/1.0 204 No Content\r\n\r\n", "reached"],
    [
      "in chunks",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
      "reached",
    ],
    ["502", "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "bad-answer: HTTP status 502"],
    [
      "a redirect",
      "HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n",
      "bad-answer: HTTP status 301",
    ],
    ["fewer bytes than promised", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi\n", "closed"],
    [
      "a chunk is missing",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n",
      "closed",
    ],
    ["half a head", "HTTP/1.1 200 OK\r\nContent-Le", "closed"],
    ["nothing", "", "closed"],
    ["a TLS alert", Buffer.from([0x15, 3, 1, 0, 2, 2, 0x46]), "bad-answer: not HTTP"],
    ["words of a failure", "Connection refused\n|timed out|", "bad-answer: not HTTP"],
  ])("%s", async (_, answer, expected) => {
    expect(await http(answer)).toBe(expected);
  });

  test("a server that does not close", async () => {
    const head = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n";
    expect(await http(`${head}hi\n`, { end: false })).toBe("reached");
    expect(await http(head, { end: false, seconds: brief })).toBe("unanswered");
    expect(await http("220 mail.example.com ESMTP\r\n", { end: false })).toBe(
      "bad-answer: not HTTP",
    );
  });
});

describe.concurrent("UDP", () => {
  test("an echo is lost, and sent again", async () => {
    let seen = 0;
    const port = await udp((data) => {
      seen += 1;
      return seen > 1 ? data : undefined;
    });
    const target = { host, port, protocol: "udp", service: "udp-echo" } as const;
    expect(await reach(machine(), target, { seconds: 5 })).toMatchObject({ outcome: "reached" });
    expect(seen).toBe(2);
  });
  test("ICMP: the port is unreachable", async () => {
    const port = await closedPort();
    expect(await outcome({ port, protocol: "udp", service: "udp-echo" })).toBe(
      "refused: ECONNREFUSED",
    );
  });
  test("silence", async () => {
    const port = await udp(() => undefined);
    expect(await outcome({ port, protocol: "udp", service: "udp-echo" }, brief)).toBe("timeout");
  });
  test("another thing comes back", async () => {
    const port = await udp(() => Buffer.from([0xff, 0x20, 0]));
    expect(await outcome({ port, protocol: "udp", service: "udp-echo" })).toMatch(/^bad-answer/);
    expect(await outcome({ port, protocol: "udp" })).toBe("connected");
  });
});

describe.concurrent("DNS", () => {
  const overUdp = (answer: (question: Buffer) => Buffer) =>
    udp(answer).then((port) => outcome({ port, protocol: "udp", service: "dns" }));

  test.each([
    [0, "reached"],
    [2, "bad-answer: SERVFAIL"],
    [5, "bad-answer: REFUSED"],
  ])("response code %i", async (code, expected) => {
    expect(await overUdp((question) => dnsAnswer(question, code))).toBe(expected);
  });
  test("an answer to another question", async () => {
    const other = (question: Buffer) => {
      const answer = dnsAnswer(question, 0);
      answer.writeUInt16BE(answer.readUInt16BE(0) ^ 1, 0);
      return answer;
    };
    expect(await overUdp(other)).toBe("bad-answer: not DNS");
    expect(await overUdp((question) => question)).toBe("bad-answer: not DNS");
  });
  test("over TCP, where TCP is asked for", async () => {
    const answer = (length: number) =>
      tcp((socket) => {
        socket.once("data", (data) => {
          const message = dnsAnswer(data.subarray(2), 0);
          const size = Buffer.alloc(2);
          size.writeUInt16BE(message.length);
          socket.end(Buffer.concat([size, message]).subarray(0, length));
        });
      }).then((port) => outcome({ port, protocol: "tcp", service: "dns" }));
    expect(await answer(1000)).toBe("reached");
    expect(await answer(10)).toBe("closed");
  });
});

describe("ICMP, by what ping says", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "ping-"));
    cleanUp.push(() => rmSync(folder, { recursive: true }));
  });

  async function ping(output: string, exitCode: number): Promise<string> {
    const script = `#!/bin/sh\ncat <<'END'\n${output}\nEND\nexit ${exitCode}\n`;
    await writeFile(`${folder}/ping`, script, { mode: 0o755 });
    const node = machine({ PATH: `${folder}:${process.env.PATH}` });
    const { outcome: found, detail } = await reach(node, { host, protocol: "icmp" });
    return detail === "" ? found : `${found}: ${detail}`;
  }

  test.each([
    ["1 packets transmitted, 1 received, 0% packet loss", 0, "reached"],
    ["3 packets transmitted, 1 received, 66% packet loss", 0, "reached"],
    ["3 packets transmitted, 0 received, 100% packet loss", 1, "timeout"],
    [
      "From 10.0.0.1 icmp_seq=1 Destination Host Unreachable\n1 packets transmitted, 0 received, +1 errors",
      1,
      "unreachable: Destination Host Unreachable",
    ],
    ["From 10.0.0.1 icmp_seq=1 Packet filtered\n", 1, "unreachable: Packet filtered"],
    [
      "From 10.0.0.1 icmp_seq=1 Destination Port Unreachable\n",
      1,
      "refused: Destination Port Unreachable",
    ],
    ["ping: connect: Network is unreachable", 2, "unreachable: ENETUNREACH"],
    [
      "ping: sendmsg: Operation not permitted\n1 packets transmitted, 0 received",
      1,
      "unreachable: EPERM",
    ],
  ])("%s", async (output, exitCode, expected) => {
    expect(await ping(output, exitCode)).toBe(expected);
  });

  test("ping itself failed", async () => {
    await expect(ping("ping: socket: Operation not permitted", 2)).rejects.toThrow("probe itself");
    await expect(ping("", 137)).rejects.toThrow("probe itself");
  });
});

describe("a check that failed is an error, never an outcome", () => {
  test("a program of the probe is missing", async () => {
    const { stdout: perl } = await execa("sh", ["-c", "command -v perl"]);
    const node = {
      name: "bare",
      exec: (argv: readonly string[]) =>
        execa(perl, argv.slice(1), { env: { PATH: "/nonexistent" }, extendEnv: false }),
    } as unknown as RunningNode;
    await expect(reach(node, { host, protocol: "icmp" })).rejects.toThrow(
      /probe itself failed: .*ping: No such file or directory/,
    );
  });

  test.each([
    [
      "perl is missing",
      { exitCode: 127, stdout: "", stderr: "perl: not found" },
      /perl: not found/,
    ],
    ["it was killed", { exitCode: 137, stdout: "0\tresolved 1.2.3.4\n", stderr: "" }, /with 137/],
    ["it said nothing", { exitCode: 0, stdout: "", stderr: "" }, /said nothing of 127/],
    [
      "a line without an end",
      { exitCode: 0, stdout: "0\tresolved 1.2.3.4\n", stderr: "" },
      /printed/,
    ],
    [
      "the system lacks something",
      { exitCode: 0, stdout: "0\terrno connect EMFILE\n", stderr: "" },
      /EMFILE/,
    ],
  ])("%s", async (_, result, message) => {
    const node = { name: "n", exec: async () => result } as unknown as RunningNode;
    await expect(reach(node, { host, port: 1, protocol: "tcp" })).rejects.toThrow(message);
  });

  test("one check's failure leaves the others their outcomes", async () => {
    const stdout = "1\tresolved 1.2.3.4\terrno connect ECONNREFUSED\n0\tbroken no%20clock\n";
    const node = {
      name: "n",
      exec: async () => ({ stdout, stderr: "", exitCode: 0 }),
    } as unknown as RunningNode;
    const target: Target = { host, port: 1, protocol: "tcp" };
    const [broken, refused] = await tryAll(node, [target, target]);
    expect(broken).toMatchObject({ name: "NodeFailed", where: "n" });
    expect(refused).toMatchObject({ outcome: "refused" });
  });
});

test.each([
  [["unresolved timeout"], "unresolved"],
  [["unresolved EAI_AGAIN"], "unresolved"],
  [["resolved 1.2.3.4", "timeout"], "timeout"],
  [["resolved 1.2.3.4", "errno connect ETIMEDOUT"], "timeout"],
  [["resolved 1.2.3.4", "connected", "errno read ETIMEDOUT"], "unanswered"],
  [["resolved 1.2.3.4", "errno connect EHOSTUNREACH"], "unreachable"],
  [["resolved 1.2.3.4", "errno connect ENETUNREACH"], "unreachable"],
  [["resolved ::1", "errno connect EADDRNOTAVAIL"], "unreachable"],
  [["resolved 1.2.3.4", "connected", "errno read ECONNRESET"], "closed"],
])("events %j: %s", (events, expected) => {
  const target: Target = { host: "a", port: 7, protocol: "tcp", service: "tcp-echo" };
  expect(classify("n", target, "x", events).outcome).toBe(expected);
});
