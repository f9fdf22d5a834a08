import { existsSync } from "node:fs";
import { copyFile, mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { which } from "zx";
import { LabError } from "../lab/errors.ts";
import { isDiskFull } from "../lab/images/failure.ts";
import { buildPrograms, hasGo } from "../lab/images/golang.ts";
import { errorMessage } from "../lab/images/output.ts";
import { openTemporaryDirectory } from "../lab/images/temporary-directory.ts";
import type { Progress } from "../lab/progress.ts";
import versions from "../versions.json" with { type: "json" };
import { cacheFolder, mayInstall } from "./machine.ts";

const missing = "neither terraform nor tofu is on PATH";

/**
 * The path of Terraform or OpenTofu: on PATH, or OpenTofu as built here from its Go module.
 * @throws LabError TerraformMissing, DiskFull; the signal's reason
 */
export async function ensureTerraform(progress: Progress, signal?: AbortSignal): Promise<string> {
  for (const name of ["terraform", "tofu"]) {
    const found = await which(name, { nothrow: true });
    if (found !== null) return found;
  }
  const built = join(cacheFolder(), `tofu-${versions.opentofu}`);
  if (existsSync(built)) return built;
  if (!mayInstall()) {
    throw new LabError("TerraformMissing", missing, {
      remedy: "install Terraform or OpenTofu (TAILNET_LAB_INSTALL=0 forbids building it here)",
    });
  }
  if (!(await hasGo())) {
    throw new LabError(
      "TerraformMissing",
      `${missing}, and there is no Go to build OpenTofu with`,
      {
        remedy: "install Terraform, OpenTofu or Go",
      },
    );
  }
  await progress.step(`OpenTofu ${versions.opentofu} from its Go module`, async (detail) => {
    try {
      await build(built, detail, signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw unbuildable(error);
    }
  });
  return built;
}

async function build(
  target: string,
  detail: (text: string) => void,
  signal?: AbortSignal,
): Promise<void> {
  using temporary = openTemporaryDirectory();
  const folder = temporary.folder("opentofu");
  const path = "github.com/opentofu/opentofu";
  await buildPrograms(
    { folder, detail, signal },
    {
      module: { path, version: `v${versions.opentofu}` },
      packages: [`${path}/cmd/tofu`],
      ldflags: `-s -w -X ${path}/version.dev=no`,
    },
  );
  await mkdir(cacheFolder(), { recursive: true });
  // Renamed at the end: who finds the program finds all of it.
  const unfinished = `${target}.${process.pid}`;
  await copyFile(join(folder, "bin", "tofu"), unfinished);
  await rename(unfinished, target);
}

function unbuildable(cause: unknown): LabError {
  if (isDiskFull(cause)) {
    return new LabError("DiskFull", "no space left on the disk while building OpenTofu", {
      where: cacheFolder(),
      remedy: "free 3 GB, most of them for Go's caches, or install Terraform or OpenTofu",
      cause,
    });
  }
  return new LabError(
    "TerraformMissing",
    `${missing}, and OpenTofu can't be built: ${errorMessage(cause)}`,
    {
      remedy: "install Terraform or OpenTofu",
      cause,
    },
  );
}
