import type Dockerode from "dockerode";
import { LabError } from "../errors.ts";
import { useDockerContext } from "./docker-context.ts";
import { isBySsh, useSshTunnel } from "./ssh-tunnel.ts";
import { readWholeAnswers } from "./whole-answers.ts";

export type Engine = Dockerode;

const remedy =
  "start the Docker Engine, or point DOCKER_HOST at one (unix:///path/to/docker.sock, tcp://host:port or ssh://user@host)";

/**
 * A connection to the Docker Engine that DOCKER_HOST names, else the docker command's current context, else the
 * local socket. Of DOCKER_HOST: unix://, tcp:// and ssh://.
 * Throws EngineMissing where none answers within ten seconds.
 */
export async function connectEngine(): Promise<Engine> {
  await useDockerContext();
  await useSshTunnel();
  try {
    const engine = await openEngine();
    // The types leave this option of ping out.
    const ping: (options: { abortSignal: AbortSignal }) => Promise<unknown> =
      engine.ping.bind(engine);
    await ping({ abortSignal: AbortSignal.timeout(10_000) });
    return engine;
  } catch (cause) {
    throw new LabError("EngineMissing", `no Docker Engine answers: ${words(cause)}`, {
      where: engineAddress(),
      remedy,
      cause,
    });
  }
}

/** The same without asking whether one answers. Throws Error for a DOCKER_HOST that is no address. */
export async function openEngine(): Promise<Engine> {
  // Imported late: what needs no engine starts sooner without.
  const { Docker } = await import("./dockerode.ts");
  return readWholeAnswers(new Docker());
}

/** Where the engine is, for a reader. */
export function engineAddress(): string {
  return process.env.DOCKER_HOST || "the local socket";
}

/** Whether the engine is on this machine and uses its kernel, as far as its address tells. */
export function isLocalEngine(): boolean {
  if (isBySsh()) return false;
  const host = process.env.DOCKER_HOST ?? "";
  return host === "" || host.startsWith("unix:");
}

/** Node's codes for a peer that is not there, or went away in the middle. */
const lostCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EPIPE",
  "ENOTCONN",
  "ETIMEDOUT",
  "ERR_STREAM_PREMATURE_CLOSE",
]);

/** Awaits a call to the engine; throws EngineLost where the engine went away, other errors as they are. */
export async function engineCall<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw isEngineLost(error) ? engineLost(error) : error;
  }
}

export function engineLost(cause?: unknown): LabError {
  const why = cause === undefined ? "" : `: ${words(cause)}`;
  return new LabError("EngineLost", `the Docker Engine went away in the middle${why}`, {
    where: engineAddress(),
    remedy: `${remedy}; then run the same command again`,
    cause,
  });
}

/** The HTTP status of the engine's answer; undefined for errors of another kind. */
export function engineStatus(error: unknown): number | undefined {
  const status = (error as { statusCode?: unknown } | undefined)?.statusCode;
  return typeof status === "number" ? status : undefined;
}

/** Whether a call failed as the engine is not there, or went away in the middle. */
export function isEngineLost(error: unknown): boolean {
  if (engineStatus(error) !== undefined) return false;
  const { code, syscall } = (error ?? {}) as { code?: unknown; syscall?: unknown };
  // Files that a call reads may be missing too.
  if (code === "ENOENT") return syscall === "connect";
  return typeof code === "string" && lostCodes.has(code);
}

/** An error's words on one line; Node leaves the message of some socket errors empty. */
function words(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string };
  return (message || code || String(error)).trim();
}
