import type { Container } from "dockerode";
import { LabError } from "../errors.ts";
import { engineCall } from "./engine.ts";
import { readLog } from "./log.ts";

/** How long a container that runs to its end may take. What it does takes well under a second. */
const limitMs = 60_000;

/**
 * Waits until a container that was started has ended. `name` is the plan's.
 * @throws LabError `NodeFailed` with the last line of its output where its exit code is not 0,
 *   `WaitTimedOut`, `EngineLost`.
 */
export async function waitForEnd(
  container: Container,
  name: string,
  timeoutMs = limitMs,
): Promise<void> {
  const timeout = AbortSignal.timeout(timeoutMs);
  let code: number;
  try {
    const options = { condition: "not-running", abortSignal: timeout } as const;
    ({ StatusCode: code } = (await engineCall(container.wait(options))) as { StatusCode: number });
  } catch (error) {
    if (!timeout.aborted) throw error;
    throw new LabError(
      "WaitTimedOut",
      `timed out after ${timeoutMs / 1000} s waiting for ${name} to end; its last output: ${await lastLine(container)}`,
      {
        where: name,
        remedy: `see \`docker logs\` of ${name}'s container, and how busy the machine is`,
      },
    );
  }
  if (code === 0) return;
  throw new LabError(
    "NodeFailed",
    `it ended with exit code ${code}: ${await lastLine(container)}`,
    {
      where: name,
      remedy: "mend what it names, then run the same command again",
    },
  );
}

async function lastLine(container: Container): Promise<string> {
  const lines = (await readLog(container, { tail: 5 })).split("\n");
  return lines.findLast((line) => line.trim() !== "")?.trim() ?? "no output";
}
