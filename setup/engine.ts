import { spawn } from "node:child_process";
import { existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { $, which } from "zx";
import { connectEngine } from "../lab/engine/engine.ts";
import { LabError } from "../lab/errors.ts";
import type { Progress } from "../lab/progress.ts";
import { cacheFolder, isRoot, mayInstall } from "./machine.ts";

/** A fresh dockerd answers within a few seconds; slower than this is a fault. */
const startLimitMs = 60_000;

/**
 * Sees to it that a Docker Engine answers: as root on a Debian-family machine it installs and starts one.
 * @throws LabError EngineMissing, with what to do
 */
export async function ensureEngine(progress: Progress): Promise<void> {
  const missing = await whyMissing();
  if (missing === undefined) return;
  const hindrance = whyNotInstall();
  if (hindrance !== undefined) {
    throw new LabError("EngineMissing", missing.what, {
      where: process.env.DOCKER_HOST ?? "the local socket",
      remedy: hindrance,
      cause: missing,
    });
  }
  await progress.step("Docker Engine", async (detail) => {
    if ((await which("dockerd", { nothrow: true })) === null) await install(detail);
    if ((await whyMissing()) === undefined) return;
    await start(detail);
  });
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

/** What the reader should do where we can't or may not do it. */
function whyNotInstall(): string | undefined {
  const host = process.env.DOCKER_HOST;
  if (host !== undefined && host !== "") {
    return `start the engine at ${host}, or unset DOCKER_HOST for this machine's own`;
  }
  if (!mayInstall())
    return "install and start Docker Engine (TAILNET_LAB_INSTALL=0 forbids doing it here)";
  if (!isRoot()) {
    return existsSync("/var/run/docker.sock")
      ? "start Docker Engine, or join the group docker if it runs; as root, all is done for you"
      : "install and start Docker Engine; as root on Debian or Ubuntu, it is done for you";
  }
  if (!existsSync("/usr/bin/apt-get")) {
    return "install and start Docker Engine: this is no Debian-family machine, where it is done for you";
  }
  return undefined;
}

async function install(detail: (text: string) => void): Promise<void> {
  const apt = $({ quiet: true, env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
  try {
    detail("reading package lists (apt-get update)");
    await apt`apt-get update`;
    detail("installing docker.io (apt-get install)");
    await apt`apt-get install -y --no-install-recommends docker.io iptables`;
  } catch (error) {
    throw new LabError("EngineMissing", `apt-get could not install docker.io: ${aptWords(error)}`, {
      remedy: "install Docker Engine by hand, or see to what apt-get says",
      cause: error,
    });
  }
}

function aptWords(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const faults = text.split("\n").filter((line) => /^\s*(E|Err|W):/.test(line));
  return (faults.length > 0 ? faults : text.split("\n")).slice(-3).join("; ").trim();
}

async function start(detail: (text: string) => void): Promise<void> {
  if (existsSync("/run/systemd/system")) {
    detail("starting the service docker (systemctl)");
    const { exitCode, stderr } = await $({ quiet: true, nothrow: true })`systemctl start docker`;
    if (exitCode !== 0) throw notStarted(stderr.trim(), "systemctl status docker");
    await untilItAnswers(() => undefined, "journalctl -u docker");
    return;
  }
  const log = join(cacheFolder(), "dockerd.log");
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
