import { Duplex, PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import type { Container } from "dockerode";
import { describe, expect, test } from "vitest";
import { execIn } from "../../lab/engine/exec.ts";
import { unframe } from "../../lab/engine/frames.ts";
import { frame } from "./fake-engine.ts";

/** The engine's answer where a container is not to be changed. */
function conflict(message: string): Error {
  return Object.assign(new Error(message), { statusCode: 409 });
}

/** A container that is paused after its first process has begun. */
function pausedMeanwhile(): Container {
  let processes = 0;
  return {
    inspect: async () => ({ State: { Running: true, Paused: true } }),
    exec: async () => {
      processes += 1;
      if (processes > 1) throw conflict("Container x is paused, unpause the container before exec");
      return {
        start: async () => new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() }),
        inspect: async () => ({ Running: true, ExitCode: null }),
      };
    },
  } as unknown as Container;
}

describe.concurrent("a process in a container that is paused meanwhile", () => {
  test("ends after its time limit", async () => {
    const run = execIn(pausedMeanwhile(), "laptop", ["sleep", "1"], { timeoutMs: 20 });
    await expect(run).rejects.toMatchObject({ name: "WaitTimedOut", where: "laptop" });
  });

  test("ends when it is aborted", async () => {
    const reason = new Error("interrupted");
    const signal = AbortSignal.timeout(20);
    const run = execIn(pausedMeanwhile(), "laptop", ["sleep", "1"], {
      signal: AbortSignal.any([signal]),
    });
    await expect(run).rejects.toMatchObject({ name: "TimeoutError" });
    const aborted = execIn(pausedMeanwhile(), "laptop", ["true"], {
      signal: AbortSignal.abort(reason),
    });
    await expect(aborted).rejects.toBe(reason);
  });
});

test.each([
  ["Container x is paused, unpause the container before exec", "its container is paused"],
  ["Container x is not running", "its container does not run"],
])("no process starts: %s", async (message, what) => {
  const container = {
    exec: async () => {
      throw conflict(message);
    },
  } as unknown as Container;
  await expect(execIn(container, "laptop", ["true"])).rejects.toMatchObject({
    name: "NodeFailed",
    what,
    where: "laptop",
  });
});

test("that a program is not there is said among the errors", async () => {
  const message = 'OCI runtime exec failed: exec: "nosuch": executable file not found in $PATH';
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  unframe(Readable.from([frame(message)]), stdout, stderr);
  expect(await Promise.all([text(stdout), text(stderr)])).toEqual(["", `${message}\n`]);
});
