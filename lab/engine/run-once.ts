import { PassThrough, type Readable } from "node:stream";
import { json, text } from "node:stream/consumers";
import type { Container, ContainerCreateOptions } from "dockerode";
import { type Engine, engineCall, engineLost, engineStatus } from "./engine.ts";
import { unframe } from "./frames.ts";

/**
 * Runs one program in a container of its own, to its end. The engine removes the container then, also where this
 * process is gone meanwhile.
 * @returns what the program printed, standard output and standard error together
 */
export async function runOnce(
  engine: Engine,
  options: ContainerCreateOptions,
): Promise<{ exitCode: number; output: string }> {
  const container = await engineCall(
    engine.createContainer({ ...options, HostConfig: { ...options.HostConfig, AutoRemove: true } }),
  );
  try {
    // Both before the start: of a container that is gone nothing can be asked.
    const output = outputOf(
      (await engineCall(
        container.attach({ stream: true, stdout: true, stderr: true }),
      )) as unknown as Readable,
    );
    const removed = await removal(engine, container);
    await engineCall(container.start());
    const [exitCode, printed] = await Promise.all([removed(), output()]);
    return { exitCode, output: printed };
  } catch (error) {
    await remove(container);
    throw error;
  }
}

/** Reads a framed stream from now on; the result is the whole of it. */
function outputOf(framed: Readable): () => Promise<string> {
  const both = new PassThrough();
  unframe(framed, both, both);
  const read = Promise.all([text(both), closed(framed)]);
  // Whoever does not ask for it must not die of it.
  read.catch(() => {});
  return async () => (await read)[0];
}

function closed(stream: Readable): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once("close", resolve);
    stream.once("error", (error) => reject(engineLost(error)));
  });
}

/**
 * Has the engine wait until a container is removed: it answers at once that it does, and with the exit code when that is
 * done. Resolves with the first; dockerode's own `wait` only with the second, when the container may be gone already.
 */
async function removal(engine: Engine, { id }: Container): Promise<() => Promise<number>> {
  const answer = await engineCall(
    new Promise<Readable>((resolve, reject) => {
      engine.modem.dial(
        {
          path: `/containers/${id}/wait?`,
          method: "POST",
          options: { condition: "removed" },
          isStream: true,
          statusCodes: { 200: true, 404: "no such container", 500: "server error" },
        },
        (error, stream) => {
          if (error === null || error === undefined) resolve(stream as Readable);
          else reject(error);
        },
      );
    }),
  );
  const read = json(answer) as Promise<{ StatusCode: number }>;
  read.catch(() => {});
  return async () => (await engineCall(read)).StatusCode;
}

/** One that could not be started, which the engine may be removing or have removed. */
async function remove(container: Container): Promise<void> {
  try {
    await engineCall(container.remove({ force: true, v: true }));
  } catch (error) {
    const status = engineStatus(error);
    if (status !== 404 && status !== 409) throw error;
  }
}
