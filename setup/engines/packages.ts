import { existsSync } from "node:fs";
import { $, which } from "zx";
import { LabError } from "../../lab/errors.ts";
import { hasGo } from "../../lab/images/golang.ts";
import { isRoot, mayChangeMachine } from "../../lab/machine-changes.ts";
import type { Progress } from "../../lab/progress.ts";

/** Debian's package of a program that the engine, its build or its namespaces need. */
const packageOf = {
  containerd: "containerd",
  iptables: "iptables",
  ip: "iproute2",
  unshare: "util-linux",
  gcc: "gcc",
  "pkg-config": "pkg-config",
  nft: "nftables",
} as const;

type Program = keyof typeof packageOf;

/** Why no engine of our own can be built and started here; undefined where it can. */
export async function whyNoOwnEngine(): Promise<string | undefined> {
  if (process.platform !== "linux") return "an engine of our own needs Linux";
  if (!isRoot()) return "an engine of our own needs root";
  if (!mayChangeMachine())
    return "TAILNET_LAB_INSTALL=0 forbids to build and install an engine of our own";
  if (!(await hasGo())) return "there is no Go to build an engine of our own with";
  const quietly = $({ quiet: true, nothrow: true });
  if ((await which("unshare", { nothrow: true })) !== null) {
    const { exitCode, stderr } = await quietly`unshare --net --mount --pid --fork true`;
    if (exitCode !== 0) return `no namespaces for an engine of our own: ${stderr.trim()}`;
  }
  const missing = await missingPackages(["nft"]);
  if (missing.length > 0 && !existsSync("/usr/bin/apt-get")) {
    return `an engine of our own needs ${missing.join(", ")}, and this is no Debian-family machine, where they are installed for you`;
  }
  return undefined;
}

/**
 * Installs what is missing, and says what.
 * @param but programs that are not needed this time
 * @throws LabError EngineMissing
 */
export async function ensureEnginePackages(progress: Progress, but: Program[] = []): Promise<void> {
  const missing = await missingPackages(but);
  if (missing.length === 0) return;
  await progress.step(`installing ${missing.join(", ")} (apt-get install)`, async (detail) => {
    const apt = $({ quiet: true, env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
    try {
      detail("reading package lists (apt-get update)");
      await apt`apt-get update`;
      await apt`apt-get install -y --no-install-recommends ${missing}`;
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error);
      throw new LabError("EngineMissing", `apt-get could not install them: ${what.trim()}`, {
        remedy: `install ${missing.join(", ")}`,
        cause: error,
      });
    }
  });
}

async function missingPackages(but: Program[]): Promise<string[]> {
  const missing: string[] = [];
  for (const [program, name] of Object.entries(packageOf) as [Program, string][]) {
    if (but.includes(program)) continue;
    if ((await which(program, { nothrow: true })) === null) missing.push(name);
  }
  // runc is linked with it; its headers are in no program.
  const { exitCode } = await $({ quiet: true, nothrow: true })`pkg-config --exists libseccomp`;
  return exitCode === 0 ? missing : [...missing, "libseccomp-dev"];
}
