import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { $, which } from "zx";
import { addressSource } from "../lab/engine/docker-context.ts";
import { connectEngine, engineAddress } from "../lab/engine/engine.ts";
import { LabError } from "../lab/errors.ts";
import { forbidden, isRoot, mayChangeMachine } from "../lab/machine-changes.ts";
import type { Progress } from "../lab/progress.ts";
import { cacheFolder, type Missing } from "./machine.ts";

/** A fresh dockerd answers within a few seconds; slower than this, something is wrong with it. */
const startLimitMs = 60_000;

/**
 * Sees to it that a Docker Engine answers: as root on a Debian-family machine it installs and starts one, and says
 * so before.
 * @throws LabError EngineMissing, with what to do
 */
export async function ensureEngine(progress: Progress): Promise<void> {
  const missing = await missingEngine();
  if (missing === undefined) return;
  if (missing.changes.length === 0) {
    throw new LabError("EngineMissing", missing.what, {
      where: engineAddress(),
      remedy: missing.remedy,
    });
  }
  for (const change of missing.changes) progress.tell?.(`Set-up: ${change}`);
  await progress.step("Docker Engine", async (detail) => {
    if ((await which("dockerd", { nothrow: true })) === null) await install(detail);
    if ((await whyMissing()) === undefined) return;
    await start(detail);
  });
}

/** Looks whether an engine answers; changes nothing. */
export async function missingEngine(): Promise<Missing | undefined> {
  const missing = await whyMissing();
  if (missing === undefined) return undefined;
  const { what } = missing;
  const host = process.env.DOCKER_HOST ?? "";
  const none = (remedy: string): Missing => ({ what, changes: [], remedy });
  if (host !== "") {
    const other =
      addressSource() === "DOCKER_HOST"
        ? "unset DOCKER_HOST for this machine's own"
        : `leave ${addressSource()} for this machine's own: \`docker context use default\``;
    return none(`start the engine at ${host}, or ${other}`);
  }
  if (!isRoot()) {
    return none(
      existsSync("/var/run/docker.sock")
        ? "start Docker Engine, or join the group docker if it runs; as root, all is done for you"
        : "install and start Docker Engine; as root on Debian or Ubuntu, it is done for you",
    );
  }
  const changes = [
    ...((await which("dockerd", { nothrow: true })) === null
      ? ["install the packages docker.io, iptables and what they need (apt-get)"]
      : []),
    hasSystemd()
      ? "start the service docker (systemctl)"
      : `start dockerd; its log is ${logFile()}`,
  ];
  if (changes.length === 2 && !existsSync("/usr/bin/apt-get")) {
    return none(
      "install and start Docker Engine: this is no Debian-family machine, where it is done for you",
    );
  }
  if (!mayChangeMachine()) {
    return none(`install and start Docker Engine (${forbidden(changes.join(", and to "))})`);
  }
  return { what, changes, remedy: "" };
}

async function whyMissing(): Promise<LabError | undefined> {
  try {
    await connectEngine();
    return undefined;
  } catch (error) {
    if (error instanceof LabError) return error;
    throw error;
  }
}

function hasSystemd(): boolean {
  return existsSync("/run/systemd/system");
}

function logFile(): string {
  return join(cacheFolder(), "dockerd.log");
}

async function install(detail: (text: string) => void): Promise<void> {
  const apt = $({ quiet: true, env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
  try {
    detail("reading package lists (apt-get update)");
    await apt`apt-get update`;
    detail("installing docker.io (apt-get install)");
    await apt`apt-get install -y --no-install-recommends docker.io iptables`;
  } catch (error) {
    throw new LabError(
      "EngineMissing",
      `apt-get could not install docker.io: ${aptErrors(error)}`,
      {
        remedy: "install Docker Engine by hand, or see to what apt-get says",
        cause: error,
      },
    );
  }
}

function aptErrors(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const errors = text.split("\n").filter((line) => /^\s*(E|Err|W):/.test(line));
  return (errors.length > 0 ? errors : text.split("\n")).slice(-3).join("; ").trim();
}

async function start(detail: (text: string) => void): Promise<void> {
  if (hasSystemd()) {
    detail("starting the service docker (systemctl)");
    const { exitCode, stderr } = await $({ quiet: true, nothrow: true })`systemctl start docker`;
    if (exitCode !== 0) throw notStarted(stderr.trim(), "systemctl status docker");
    await untilItAnswers(() => undefined, "journalctl -u docker");
    return;
  }
  const log = logFile();
  mkdirSync(cacheFolder(), { recursive: true });
  detail(`starting dockerd; its log is ${log}`);
  const output = openSync(log, "w");
  // A session of its own, and no pipe to us: it stays when we end, and Ctrl-C does not reach it.
  const daemon = spawn("dockerd", [], {
    detached: true,
    stdio: ["ignore", output, output],
    // It runs itself anew three times for each container that starts; a tenth of that is Go's garbage collection.
    env: { GOGC: "400", ...process.env },
  });
  let end: string | undefined;
  daemon.on("error", (error) => {
    end = error.message;
  });
  daemon.on("exit", (code, signal) => {
    end = `dockerd ended with ${code ?? signal}: ${lastLines(log)}`;
  });
  await untilItAnswers(() => end, log);
  daemon.unref();
}

/** Asks the engine until it answers, or `ended` tells that it never will. */
async function untilItAnswers(ended: () => string | undefined, log: string): Promise<void> {
  const deadline = Date.now() + startLimitMs;
  for (;;) {
    const missing = await whyMissing();
    if (missing === undefined) return;
    const end = ended();
    if (end !== undefined) throw notStarted(end, log);
    if (Date.now() > deadline) {
      throw notStarted(`no answer in ${startLimitMs / 1000} s; last: ${missing.what}`, log);
    }
    await pause(100);
  }
}

function notStarted(why: string, log: string): LabError {
  return new LabError("EngineMissing", `Docker Engine did not start: ${why}`, {
    where: log,
    remedy: `read ${log}, and start Docker Engine by hand`,
  });
}

function lastLines(file: string): string {
  return readFileSync(file, "utf8").trim().split("\n").slice(-3).join("; ");
}
