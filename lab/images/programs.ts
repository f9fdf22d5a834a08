import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import PQueue from "p-queue";
import { buildImage } from "./dockerfile.ts";
import { finishedLabels, tagFinished } from "./finished.ts";
import { buildModule, buildPrograms, hasGo } from "./golang.ts";
import type { ImageBuild } from "./image-build.ts";
import {
  builtPrograms,
  golangRelease,
  imageRef,
  type ProgramKey,
  type ProgramRecipe,
  programRecipe,
} from "./recipes.ts";
import { pullImage } from "./registry.ts";
import { toolsMissing } from "./tools.ts";

/** An image that has programs to copy, and the path or glob of them. */
interface Source {
  image: string;
  programs: string;
}

/** By module, its builds one after the other: the second finds most of its packages compiled. */
const queues = new Map<string, PQueue>();

/** Makes a program's image: gets the programs while the base may still be in the making. */
export async function addPrograms(
  build: ImageBuild,
  key: ProgramKey,
  base: Promise<void>,
): Promise<void> {
  const source = await programSource(build, programRecipe(key));
  build.detail("waiting for the base image");
  await base;
  build.detail("putting the programs on the base image");
  const id = await buildImage(build, "program.Dockerfile", [], {
    arguments: {
      BASE: imageRef({ program: "base" }),
      SOURCE: source.image,
      PROGRAMS: source.programs,
    },
    labels: finishedLabels(build),
  });
  await tagFinished(build, id);
}

async function programSource(build: ImageBuild, recipe: ProgramRecipe): Promise<Source> {
  const { official, module } = recipe;
  if (official !== undefined) {
    const unavailable = await pullImage(build, official.image);
    if (unavailable === undefined) return official;
    build.detail(`building from Go modules, as there is no ${official.image}: ${unavailable.why}`);
  } else build.detail(`building from the Go module ${module.path}`);
  const image = (await hasGo())
    ? await imageByGo(build, recipe)
    : await imageByGolang(build, recipe);
  return { image, programs: builtPrograms };
}

/** Builds the programs in Go's own image. */
async function imageByGolang(build: ImageBuild, recipe: ProgramRecipe): Promise<string> {
  const unavailable = await pullImage(build, `golang:${golangRelease}`);
  if (unavailable !== undefined) throw toolsMissing(["go"], unavailable.why);
  await mkdir(build.folder, { recursive: true });
  await writeFile(join(build.folder, "go.mod"), buildModule(recipe));
  return await buildImage(build, "golang.Dockerfile", ["go.mod"], {
    arguments: {
      GOLANG: golangRelease,
      PACKAGES: recipe.packages.join(" "),
      LDFLAGS: recipe.ldflags,
    },
  });
}

/** Builds the programs with this machine's Go. */
async function imageByGo(build: ImageBuild, recipe: ProgramRecipe): Promise<string> {
  const { path } = recipe.module;
  const queue = queues.get(path) ?? new PQueue({ concurrency: 1 });
  queues.set(path, queue);
  if (queue.pending > 0) build.detail(`waiting for another build of ${path}`);
  await queue.add(() => buildPrograms(build, recipe));
  return await buildImage(build, "built.Dockerfile", ["bin"], { arguments: {} });
}
