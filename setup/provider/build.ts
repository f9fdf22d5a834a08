import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { LabError } from "../../lab/errors.ts";
import type { Progress } from "../../lab/progress.ts";
import { cacheFolder } from "../machine.ts";

/**
 * The newest of its module that Go's proxy has. Its releases are no versions of the module, as its go.mod
 * has another path; this commit follows release 4.6.0, while the bindings are made for 3.6.2.
 */
const module = "github.com/kreuzwerker/terraform-provider-docker";
const version = "v0.0.0-20260916201441-96d331c98ff4";

const downloadSchema = z.object({ Dir: z.string().optional(), Error: z.string().optional() });

/**
 * The registry's kreuzwerker/docker, built from its source once.
 * @returns the folder of the program, for Terraform's `dev_overrides`
 * @throws LabError `TerraformMissing` with Go's own message
 */
export async function ensureRegistryProvider(progress: Progress): Promise<string> {
  const folder = join(cacheFolder(), `provider-docker-${version}`);
  if (existsSync(join(folder, "terraform-provider-docker"))) return folder;
  await progress.step("kreuzwerker/docker from its Go module", async () => {
    const download = await execa("go", ["mod", "download", "-json", `${module}@${version}`], {
      reject: false,
    });
    const { Dir, Error: error } = downloadSchema.parse(JSON.parse(download.stdout || "{}"));
    if (Dir === undefined) throw unbuildable(error ?? (download.stderr || "no answer"));
    const unfinished = `${folder}.${process.pid}`;
    await mkdir(unfinished, { recursive: true });
    const program = join(unfinished, "terraform-provider-docker");
    const build = await execa(
      "go",
      ["build", "-C", Dir, "-mod=readonly", "-trimpath", "-ldflags=-s -w", "-o", program, "."],
      { env: { CGO_ENABLED: "0", GOWORK: "off" }, reject: false },
    );
    if (build.failed) {
      await rm(unfinished, { recursive: true, force: true });
      throw unbuildable(build.stderr.split("\n").slice(-5).join("\n") || "no message");
    }
    // Renamed at the end: who finds the program finds all of it.
    await rename(unfinished, folder);
  });
  return folder;
}

function unbuildable(message: string): LabError {
  return new LabError("TerraformMissing", `kreuzwerker/docker can't be built: ${message}`, {
    where: `${module}@${version}`,
    remedy: "install Go 1.25 or newer, and check that its module proxy answers",
  });
}
