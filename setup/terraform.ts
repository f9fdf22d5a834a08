import { existsSync } from "node:fs";
import { copyFile, mkdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { which } from "zx";
import { LabError } from "../lab/errors.ts";
import { isDiskFull } from "../lab/images/failure.ts";
import { buildPrograms, hasGo } from "../lab/images/golang.ts";
import { errorMessage } from "../lab/images/output.ts";
import { openTemporaryDirectory } from "../lab/images/temporary-directory.ts";
import { forbidden, mayChangeMachine } from "../lab/machine-changes.ts";
import type { Progress } from "../lab/progress.ts";
import versions from "../versions.json" with { type: "json" };
import { cacheFolder, type Missing } from "./machine.ts";

const none = "neither terraform nor tofu is on PATH";

/** The path of Terraform or OpenTofu: on PATH, or as built here before; else what set-up would do. Changes nothing. */
export async function findTerraform(): Promise<{ program: string } | { missing: Missing }> {
  for (const name of ["terraform", "tofu"]) {
    const found = await which(name, { nothrow: true });
    if (found !== null) return { program: found };
  }
  if (existsSync(built())) return { program: built() };
  const missing = (what: string, remedy: string) => ({ missing: { what, changes: [], remedy } });
  const change = `build OpenTofu ${versions.opentofu} from its Go module, into ${cacheFolder()}`;
  if (!mayChangeMachine()) {
    return missing(none, `install Terraform or OpenTofu (${forbidden(change)})`);
  }
  if (!(await hasGo())) {
    const what = `${none}, and there is no Go to build OpenTofu with`;
    return missing(what, "install Terraform, OpenTofu or Go");
  }
  return { missing: { what: none, changes: [change], remedy: "" } };
}

/**
 * The path of Terraform or OpenTofu, which is built where there is none.
 * @throws LabError TerraformMissing, DiskFull; the signal's reason
 */
export async function ensureTerraform(progress: Progress, signal?: AbortSignal): Promise<string> {
  const found = await findTerraform();
  if ("program" in found) return found.program;
  const { what, changes, remedy } = found.missing;
  if (changes.length === 0) throw new LabError("TerraformMissing", what, { remedy });
  for (const change of changes) progress.tell?.(`Set-up: ${change}`);
  await progress.step(`OpenTofu ${versions.opentofu} from its Go module`, async (detail) => {
    try {
      await build(built(), detail, signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw unbuildable(error);
    }
  });
  return built();
}

function built(): string {
  return join(cacheFolder(), `tofu-${versions.opentofu}`);
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
    `${none}, and OpenTofu can't be built: ${errorMessage(cause)}`,
    {
      remedy: "install Terraform or OpenTofu",
      cause,
    },
  );
}
