import { createReadStream, existsSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { LabError } from "../errors.ts";
import { buildImage, followEngine, pullImage } from "./engine.ts";
import type { ImageBuild } from "./image-build.ts";
import { basePackages, debianRelease, imageLabel, recipeFolder } from "./recipes.ts";

/** Makes the base image on the official one of Debian. */
export async function pullDebian(making: ImageBuild): Promise<void> {
  await pullImage(making, `debian:${debianRelease}-slim`);
  await mkdir(making.folder, { recursive: true });
  const files = ["packages.txt", "lean.cfg"];
  for (const file of files) {
    await copyFile(join(recipeFolder, file), join(making.folder, file));
  }
  await buildImage(making, "base.Dockerfile", files, {
    tag: making.ref,
    arguments: { DEBIAN: debianRelease },
  });
}

/**
 * Makes the base image from Debian's archive, without a registry: mmdebstrap writes a root file
 * system, the engine imports it.
 * @throws Error with mmdebstrap's words; LabError ImageUnbuildable where mmdebstrap can't be had
 */
export async function importDebian(making: ImageBuild): Promise<void> {
  const { engine, ref, folder, signal, detail } = making;
  await ensureMmdebstrap(detail);
  signal.throwIfAborted();
  await mkdir(folder, { recursive: true });
  const tar = join(folder, "base.tar");
  const mmdebstrap = execa(
    "mmdebstrap",
    [
      "--variant=essential",
      "--hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr",
      `--dpkgopt=${join(recipeFolder, "lean.cfg")}`,
      `--include=${basePackages().join(",")}`,
      debianRelease,
      tar,
      ...(await ownSources()),
    ],
    // A group of its own: what it runs holds its output open, so a stop must reach all of them.
    { env: { TMPDIR: folder }, lines: true, all: true, reject: false, detached: true },
  );
  const stop = () => {
    if (mmdebstrap.pid !== undefined) process.kill(-mmdebstrap.pid, "SIGINT");
  };
  signal.addEventListener("abort", stop);
  for await (const line of mmdebstrap.iterable({ from: "all" })) {
    detail(line.replace(/^I: /, ""));
  }
  signal.removeEventListener("abort", stop);
  signal.throwIfAborted();
  const result = await mmdebstrap;
  if (result.failed) {
    const errors = result.all.filter((line) => /^(E|W|Err):|error:|failed/i.test(line)).slice(-8);
    throw new Error(`mmdebstrap: ${errors.join("; ") || result.shortMessage}`, { cause: result });
  }
  detail("importing into Docker Engine");
  const [repo, tag] = ref.split(":");
  const answer = await engine.importImage(createReadStream(tar), {
    repo,
    tag,
    changes: `LABEL ${imageLabel}=${ref}`,
    abortSignal: signal,
  });
  await followEngine(engine, answer, () => {});
}

/** The machine's own sources of the release, as one-line entries; none: mmdebstrap takes Debian's. */
async function ownSources(): Promise<string[]> {
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

async function ensureMmdebstrap(detail: (text: string) => void): Promise<void> {
  const found = await execa("mmdebstrap", ["--version"], { reject: false });
  if (!found.failed) return;
  const maySetUp = process.env.TAILNET_LAB_INSTALL !== "0";
  if (!maySetUp || process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    throw new LabError(
      "ImageUnbuildable",
      "no container registry answers, and mmdebstrap, which makes the base image without one, is not here",
      { remedy: "apt-get install mmdebstrap, or let Docker Engine reach a registry" },
    );
  }
  detail("installing mmdebstrap");
  const apt = { env: { DEBIAN_FRONTEND: "noninteractive" } };
  await execa("apt-get", ["update"], apt);
  await execa(
    "apt-get",
    ["install", "-y", "--no-install-recommends", "mmdebstrap", "debian-archive-keyring"],
    apt,
  );
}
