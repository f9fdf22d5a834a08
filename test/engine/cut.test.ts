import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, test, vi } from "vitest";
import { EndpointQueue } from "../../lab/engine/endpoint-queue.ts";
import { connectEngine, engineCall } from "../../lab/engine/engine.ts";
import { openEvents } from "../../lab/engine/events.ts";
import { followLog } from "../../lab/engine/log.ts";
import { untilQuiet } from "../../lab/engine/quiet.ts";
import { httpEngine } from "../cli/http-engine.ts";
import { frame } from "./fake-engine.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

/** An engine behind a connection; `answer` may cut it with `response.socket.destroy()`. */
async function engineThat(answer: (response: ServerResponse) => void) {
  const server = await httpEngine((_path, response) => answer(response));
  vi.stubEnv("DOCKER_HOST", server.address);
  return {
    engine: await connectEngine(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Sends what comes before the cut, and cuts when that is on its way. */
function cutAfter(response: ServerResponse, bytes: string | Buffer): void {
  response.write(bytes, () => response.socket?.destroy());
}

const lost = { name: "EngineLost" };

describe("a connection that is cut", () => {
  test("in the middle of an answer", async () => {
    await using server = await engineThat((response) => {
      response.setHeader("content-type", "application/json");
      cutAfter(response, '[{"Id": "c1", ');
    });
    await expect(engineCall(server.engine.listContainers())).rejects.toMatchObject(lost);
  });

  test("in the middle of a refusal", async () => {
    await using server = await engineThat((response) => {
      response.statusCode = 500;
      cutAfter(response, '{"message": "no sp');
    });
    await expect(engineCall(server.engine.listContainers())).rejects.toMatchObject(lost);
  });

  test("in the middle of an event: those before it came, and nobody dies of it", async () => {
    await using server = await engineThat((response) =>
      cutAfter(response, '{"Action": "connect"}\n{"Action": "disc'),
    );
    const actions: (string | undefined)[] = [];
    using events = await openEvents(server.engine, {}, ({ Action }) => actions.push(Action));
    await expect(events.ended).rejects.toMatchObject(lost);
    expect(actions).toEqual(["connect"]);
  });

  test("between events", async () => {
    await using server = await engineThat((response) => cutAfter(response, '{"Action": "x"}\n'));
    using events = await openEvents(server.engine, {}, () => {});
    await expect(events.ended).rejects.toMatchObject(lost);
  });

  test("of the queue's events: starts go on, each until its own end", async () => {
    await using server = await engineThat((response) => cutAfter(response, '{"Action": "conn'));
    using queue = new EndpointQueue(server.engine);
    for (const id of ["c1", "c2"]) {
      using _turn = await queue.toStart(id, 2);
    }
  });

  test("while a log is followed: its lines come first", async () => {
    await using server = await engineThat((response) =>
      cutAfter(
        response,
        Buffer.concat([frame("one"), frame("two"), frame("three").subarray(0, 9)]),
      ),
    );
    const lines: string[] = [];
    const follow = async () => {
      for await (const line of followLog(server.engine.getContainer("c1"))) lines.push(line);
    };
    await expect(follow()).rejects.toMatchObject(lost);
    expect(lines).toEqual(["one", "two"]);
  });
});

test("a log that ends, and one that is followed no longer, are no cut", async () => {
  await using server = await engineThat((response) => response.end(frame("one")));
  const container = server.engine.getContainer("c1");
  for await (const line of followLog(container)) expect(line).toBe("one");

  await using open = await engineThat((response) => response.write(frame("one")));
  const abort = new AbortController();
  const options = { signal: abort.signal };
  for await (const _ of followLog(open.engine.getContainer("c1"), options)) abort.abort();
});

test("an engine's message is told apart from the client's frame, as before", async () => {
  await using server = await engineThat((response) => {
    response.statusCode = 409;
    response.end('{"message": "volume is in use - [c1]"}');
  });
  await expect(server.engine.getVolume("x").remove()).rejects.toMatchObject({
    statusCode: 409,
    json: { message: "volume is in use - [c1]" },
  });
});

describe("waiting until the engine is quiet", () => {
  const event = (name: string, action = "create") =>
    `${JSON.stringify({ Type: "container", Action: action, Actor: { ID: "c", Attributes: { name } } })}\n`;

  test("begins anew with each event of the lab, and with no other", async () => {
    let sent = 0;
    const timers: NodeJS.Timeout[] = [];
    await using server = await engineThat((response) => {
      timers.push(
        setInterval(() => {
          sent += 1;
          if (sent <= 5) response.write(event("tailnet-lab-x.laptop"));
          response.write(event("tailnet-lab-y.laptop"));
          response.write(event("tailnet-lab-x.laptop", "exec_create: sh"));
        }, 50),
      );
    });
    await untilQuiet(server.engine, "tailnet-lab-x.", { idleMs: 1500 });
    for (const timer of timers) clearInterval(timer);
    expect(sent).toBeGreaterThan(5);
  });

  test("ends where the lab is never quiet", async () => {
    let timer: NodeJS.Timeout | undefined;
    await using server = await engineThat((response) => {
      timer = setInterval(() => response.write(event("tailnet-lab-x.laptop")), 20);
    });
    await untilQuiet(server.engine, "tailnet-lab-x.", { idleMs: 5000, limitMs: 300 });
    clearInterval(timer);
  });

  test("ends with the engine", async () => {
    await using server = await engineThat((response) => cutAfter(response, event("other")));
    await expect(untilQuiet(server.engine, "tailnet-lab-x.")).rejects.toMatchObject(lost);
  });
});
