import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { $, glob, which } from "zx";
import { LabError } from "../../lab/errors.ts";
import type { Progress } from "../../lab/progress.ts";
import { cacheFolder } from "../machine.ts";

/**
 * The path of a container registry: the machine's own, or that of Debian's package, which is unpacked
 * into the cache and not installed, as installing it would start a service.
 * @throws LabError EngineMissing
 */
export async function ensureDockerRegistry(progress: Progress): Promise<string> {
  const found = await which("docker-registry", { nothrow: true });
  if (found !== null) return found;
  const folder = join(cacheFolder(), "docker-registry");
  const program = join(folder, "usr/bin/docker-registry");
  if (existsSync(program)) return program;
  await progress.step("Debian's docker-registry, unpacked for this check only", async () => {
    await mkdir(cacheFolder(), { recursive: true });
    const unfinished = await mkdtemp(`${folder}-`);
    try {
      const quietly = $({ quiet: true, cwd: unfinished });
      await quietly`apt-get download docker-registry`;
      const [archive] = await glob("*.deb", { cwd: unfinished });
      await quietly`dpkg-deb --extract ${archive} .`;
      await rename(unfinished, folder);
    } catch (error) {
      await rm(unfinished, { recursive: true, force: true });
      const what = error instanceof Error ? error.message.trim() : String(error);
      throw new LabError("EngineMissing", `docker-registry can't be had: ${what}`, {
        remedy: "apt-get update, or install docker-registry",
        cause: error,
      });
    }
  });
  return program;
}
