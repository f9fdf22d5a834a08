import { existsSync } from "node:fs";
import { execa } from "execa";
import { LabError } from "../errors.ts";
import { runProgram } from "./program.ts";
import { golangRelease } from "./recipes.ts";

/** What this machine needs where no registry has the official images. */
export type Tool = "mmdebstrap" | "go";

const tools: Record<Tool, { name: string; purpose: string }> = {
  mmdebstrap: { name: "mmdebstrap", purpose: "to make the base image of Debian packages" },
  go: { name: `Go ${golangRelease} or newer`, purpose: "to build the programs from Go modules" },
};

/** @param why the official images can't be had, in the engine's words */
export function toolsMissing(missing: readonly Tool[], why: string): LabError {
  const needs = missing.map((tool) => `${tools[tool].name} ${tools[tool].purpose}`);
  const names = missing.map((tool) => tools[tool].name);
  return new LabError(
    "ImageUnbuildable",
    `without the official images this machine needs ${needs.join(" and ")}, and has none (${why})`,
    {
      remedy: `let Docker Engine reach a registry, or install ${names.join(" and ")}`,
    },
  );
}

export async function hasMmdebstrap(): Promise<boolean> {
  return !(await execa("mmdebstrap", ["--version"], { reject: false })).failed;
}

/** Whether mmdebstrap may be installed here, and can be. */
export function canInstall(): boolean {
  const forbidden = process.env.TAILNET_LAB_INSTALL === "0";
  return !forbidden && process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");
}

/** @throws the signal's reason; Error with apt-get's output */
export async function installMmdebstrap(
  signal: AbortSignal,
  detail: (text: string) => void,
): Promise<void> {
  const run = async (...args: string[]) => {
    detail(`installing mmdebstrap: apt-get ${args[0]}`);
    await runProgram("apt-get", args, {
      env: { DEBIAN_FRONTEND: "noninteractive" },
      signal,
      onLine: (line) => detail(`installing mmdebstrap: ${line}`),
      isReason: (line) => /^(E|W|Err):/.test(line),
      atOwnPace: true,
    });
  };
  await run("update");
  await run("install", "-y", "--no-install-recommends", "mmdebstrap", "debian-archive-keyring");
}
