import { existsSync } from "node:fs";
import { cp, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { LabError } from "../../lab/errors.ts";
import { isDiskFull } from "../../lab/images/failure.ts";
import { buildPrograms } from "../../lab/images/golang.ts";
import { errorMessage } from "../../lab/images/output.ts";
import type { ProgramRecipe } from "../../lab/images/recipes.ts";
import { openTemporaryDirectory } from "../../lab/images/temporary-directory.ts";
import type { Progress } from "../../lab/progress.ts";
import versions from "../../versions.json" with { type: "json" };
import { cacheFolder } from "../machine.ts";

/** What is built of the engine that we don't find on a machine. */
interface EnginePart extends ProgramRecipe {
  title: string;
  /** Of the folder in the cache. */
  name: string;
}

const moby = "github.com/moby/moby/v2";
const runcPath = "github.com/opencontainers/runc";

/** dockerd and docker-proxy. The build tags and stamps are those of moby's hack/make.sh. */
export const dockerd: EnginePart = {
  title: `Docker Engine ${versions.docker} from its Go modules`,
  name: `docker-${versions.docker}`,
  module: { path: moby, version: versions.moby },
  packages: [`${moby}/cmd/dockerd`, `${moby}/cmd/docker-proxy`],
  tags: ["exclude_graphdriver_btrfs", "netgo", "osusergo"],
  ldflags: `-s -w -X ${moby}/dockerversion.Version=${versions.docker}`,
};

/** Engine 29 asks more of runc than Debian 12's 1.1 has. */
export const runc: EnginePart = {
  title: `runc ${versions.runc} from its Go module`,
  name: `runc-${versions.runc}`,
  module: { path: runcPath, version: `v${versions.runc}` },
  packages: [runcPath],
  tags: ["seccomp"],
  cgo: true,
  ldflags: "-s -w",
};

/**
 * Builds a part of the engine, or finds what an earlier build left in the cache.
 * @returns the folder of its programs
 * @throws LabError EngineMissing, DiskFull; the signal's reason
 */
export async function ensureEnginePart(
  part: EnginePart,
  progress: Progress,
  { signal, nice = 0 }: { signal?: AbortSignal; nice?: number } = {},
): Promise<string> {
  const target = join(cacheFolder(), part.name);
  if (existsSync(target)) return target;
  await progress.step(part.title, async (detail) => {
    using temporary = openTemporaryDirectory();
    const folder = temporary.folder(part.name);
    try {
      const to = { folder, detail, nice, ...(signal === undefined ? {} : { signal }) };
      await buildPrograms(to, part);
      await keep(join(folder, "bin"), target);
    } catch (error) {
      signal?.throwIfAborted();
      throw unbuildable(part, error);
    }
  });
  return target;
}

/** Renamed at the end: who finds the folder finds all of it. */
async function keep(built: string, target: string): Promise<void> {
  await mkdir(cacheFolder(), { recursive: true });
  const unfinished = `${target}.${process.pid}`;
  await cp(built, unfinished, { recursive: true });
  try {
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { recursive: true });
    // Another process was quicker.
    if (!existsSync(target)) throw error;
  }
}

function unbuildable({ title }: EnginePart, cause: unknown): LabError {
  if (isDiskFull(cause)) {
    return new LabError("DiskFull", `no space left on the disk while building ${title}`, {
      where: cacheFolder(),
      remedy: "free 3 GB, most of them for Go's caches",
      cause,
    });
  }
  return new LabError("EngineMissing", `can't build ${title}: ${errorMessage(cause)}`, {
    remedy: "check that Go's module proxy answers, and that Go can fetch the toolchain it asks for",
    cause,
  });
}
