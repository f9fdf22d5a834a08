import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildImage, pullImage, words } from "./engine.ts";
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

/** An image that has programs to copy, and the path or glob of them. */
interface Source {
  image: string;
  programs: string;
  /** Made only to be copied from. */
  temporary: boolean;
}

/** Builds of one module wait for each other: the second finds most of its packages compiled. */
const turns = new Map<string, Promise<unknown>>();

/** Makes a program's image: gets the programs while the base may still be in the making. */
export async function addPrograms(
  making: ImageBuild,
  key: ProgramKey,
  base: Promise<void>,
): Promise<void> {
  const recipe = programRecipe(key);
  const source = (await officialSource(making, recipe)) ?? (await builtSource(making, recipe));
  making.detail("waiting for the base image");
  await base;
  making.detail("putting the programs on the base image");
  await buildImage(making, "program.Dockerfile", [], {
    tag: making.ref,
    arguments: {
      BASE: imageRef({ program: "base" }),
      SOURCE: source.image,
      PROGRAMS: source.programs,
    },
  });
  if (source.temporary) await making.engine.getImage(source.image).remove();
}

async function officialSource(
  making: ImageBuild,
  recipe: ProgramRecipe,
): Promise<Source | undefined> {
  if (recipe.official === undefined) return undefined;
  try {
    await pullImage(making, recipe.official.image);
    return { ...recipe.official, temporary: false };
  } catch (error) {
    making.detail(`no ${recipe.official.image} from a registry: ${words(error)}`);
    return undefined;
  }
}

async function builtSource(making: ImageBuild, recipe: ProgramRecipe): Promise<Source> {
  const image = (await hasGo())
    ? await ownGoImage(making, recipe)
    : await golangImage(making, recipe);
  return { image, programs: builtPrograms, temporary: true };
}

async function golangImage(making: ImageBuild, recipe: ProgramRecipe): Promise<string> {
  await mkdir(making.folder, { recursive: true });
  await writeFile(join(making.folder, "go.mod"), buildModule(recipe));
  try {
    return await buildImage(making, "golang.Dockerfile", ["go.mod"], {
      arguments: {
        GOLANG: golangRelease,
        PACKAGES: recipe.packages.join(" "),
        LDFLAGS: recipe.ldflags,
      },
    });
  } catch (error) {
    throw new Error(
      `no official image answers, and no Go is here to build the programs with; in Go's image: ${words(error)}`,
      { cause: error },
    );
  }
}

async function ownGoImage(making: ImageBuild, recipe: ProgramRecipe): Promise<string> {
  const { path } = recipe.module;
  const before = turns.get(path);
  if (before !== undefined) making.detail(`waiting for another build of ${path}`);
  const build = Promise.resolve(before).then(() => buildPrograms(making, recipe));
  turns.set(
    path,
    build.catch(() => {}),
  );
  await build;
  return await buildImage(making, "built.Dockerfile", ["bin"], { arguments: {} });
}
