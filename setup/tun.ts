import { existsSync, mkdirSync } from "node:fs";
import { execa } from "execa";
import { isRoot, mayChangeMachine } from "../lab/machine-changes.ts";
import type { Progress } from "../lab/progress.ts";

const tun = "/dev/net/tun";

/**
 * Gives this machine's kernel, which must be the engine's, its TUN device.
 * @returns false where that can't be done or is forbidden
 */
export async function addTun(progress: Progress): Promise<boolean> {
  if (!isRoot() || !mayChangeMachine()) return false;
  progress.tell?.(`Set-up: load the kernel's module tun (modprobe), and make ${tun}`);
  await execa("modprobe", ["tun"], { reject: false });
  mkdirSync("/dev/net", { recursive: true });
  // The numbers of the kernel's documentation, devices.txt.
  if (!existsSync(tun)) {
    await execa("mknod", ["-m", "666", tun, "c", "10", "200"], { reject: false });
  }
  return existsSync(tun);
}
