import { createReadStream, existsSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { LabError } from "../errors.ts";
import { buildImage } from "./dockerfile.ts";
import { ownArchitecture } from "./engine.ts";
import { followEngine } from "./engine-stream.ts";
import { finishedLabels, tagFinished } from "./finished.ts";
import { hasGo } from "./golang.ts";
import type { ImageBuild } from "./image-build.ts";
import { runProgram } from "./program.ts";
import { basePackages, debianRelease, recipeFolder } from "./recipes.ts";
import { pullImage, type Unavailable } from "./registry.ts";
import { canInstall, hasMmdebstrap, installMmdebstrap, type Tool, toolsMissing } from "./tools.ts";

/**
 * Makes the base image: on Debian's official one, and of Debian packages where no registry has that.
 * @param needsGo whether programs are to be built as well, which no registry then has either
 */
export async function addBase(build: ImageBuild, needsGo: boolean): Promise<void> {
  const official = `debian:${debianRelease}-slim`;
  const unavailable = await pullImage(build, official);
  if (unavailable === undefined) return await extendDebian(build);
  await ensureTools(build, unavailable, needsGo);
  build.detail(`making it of Debian packages, as there is no ${official}: ${unavailable.why}`);
  await importDebian(build);
}

async function extendDebian(build: ImageBuild): Promise<void> {
  await mkdir(build.folder, { recursive: true });
  const files = ["packages.txt", "lean.cfg"];
  for (const file of files) await copyFile(join(recipeFolder, file), join(build.folder, file));
  const id = await buildImage(build, "base.Dockerfile", files, {
    arguments: { DEBIAN: debianRelease },
    labels: finishedLabels(build),
  });
  await tagFinished(build, id);
}

/** Tells all that is missing at once, before anything is installed. */
async function ensureTools(
  { signal, detail }: ImageBuild,
  { registryAnswers, why }: Unavailable,
  needsGo: boolean,
): Promise<void> {
  const missing: Tool[] = [];
  const isHere = await hasMmdebstrap();
  if (!isHere && !canInstall()) missing.push("mmdebstrap");
  // A registry that answers may have Go's image.
  if (needsGo && !registryAnswers && !(await hasGo())) missing.push("go");
  if (missing.length > 0) throw toolsMissing(missing, why);
  if (!isHere) await installMmdebstrap(signal, detail);
}

/** mmdebstrap writes a root file system, the engine imports it. */
async function importDebian(build: ImageBuild): Promise<void> {
  const { engine, folder, signal, detail, architecture } = build;
  if (architecture !== ownArchitecture()) requireEmulation(architecture);
  await mkdir(folder, { recursive: true });
  const tar = join(folder, "base.tar");
  await runProgram(
    "mmdebstrap",
    [
      "--variant=essential",
      `--architectures=${architecture}`,
      "--hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr",
      `--dpkgopt=${join(recipeFolder, "lean.cfg")}`,
      `--include=${basePackages().join(",")}`,
      debianRelease,
      tar,
      ...(await ownSources()),
    ],
    {
      env: { TMPDIR: folder },
      signal,
      onLine: (line) => detail(line.replace(/^I: /, "")),
      isReason: (line) => /^(E|W|Err):|error:|failed/i.test(line),
    },
  );
  detail("importing into Docker Engine");
  const labels = Object.entries(finishedLabels(build)).map(([key, value]) => `${key}="${value}"`);
  const { id } = await followEngine(
    engine.importImage(createReadStream(tar), {
      changes: `LABEL ${labels.join(" ")}`,
      abortSignal: signal,
    }),
    { signal, detail: () => {} },
  );
  if (id === undefined) throw new Error("the import ended without an image");
  await tagFinished(build, id);
}

/** Packages' scripts run as they are installed: the kernel must hand another architecture's to QEMU. */
function requireEmulation(architecture: string): void {
  const interpreter = architecture === "arm64" ? "qemu-aarch64" : "qemu-x86_64";
  if (existsSync(join("/proc/sys/fs/binfmt_misc", interpreter))) return;
  throw new LabError(
    "ImageUnbuildable",
    `no registry has the base image, and this ${ownArchitecture()} machine can't make it for the engine's ${architecture}`,
    {
      remedy: "let the engine reach a registry, or apt-get install qemu-user-static here",
    },
  );
}

/** The machine's own sources of the release, as one-line entries; none: mmdebstrap takes Debian's. */
export async function ownSources(): Promise<string[]> {
  if (!existsSync("/usr/bin/apt-get")) return [];
  const fields = "$(ORIGIN) $(CODENAME) $(COMPONENT) $(REPO_URI)";
  const { stdout } = await execa(
    "apt-get",
    ["indextargets", "--format", fields, "Created-By: Packages"],
    { lines: true },
  );
  return stdout
    .map((line) => line.split(" "))
    .filter(([origin, suite]) => origin === "Debian" && suite?.startsWith(debianRelease))
    .map(([, suite, component, address]) => `deb ${address} ${suite} ${component}`);
}
