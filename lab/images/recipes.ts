import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import versions from "../../versions.json" with { type: "json" };
import type { ImageKey } from "../plan/plan.ts";

/** The programs that are put on the base image. */
export type ProgramKey = Extract<ImageKey, { version: string }>;

/** Where the programs of an image come from. */
export interface ProgramRecipe {
  /** The official image; absent where there is none. */
  official?: { image: string; programs: string };
  /** The Go module that has the programs, with its version. */
  module: { path: string; version: string };
  /** Paths of the main packages; each gives a program named by its last element. */
  packages: string[];
  ldflags: string;
  /** Go's build tags. */
  tags?: string[];
  /** Whether C is compiled and linked too: needs a C compiler. */
  cgo?: boolean;
}

/** Where `built.Dockerfile` and `golang.Dockerfile` put what was built. */
export const builtPrograms = "/usr/local/bin/*";

export const golangRelease = versions.golang;
export const debianRelease = versions.debian;

/** The label of every image made here; its value is the image's reference. */
export const imageLabel = "tailnet-lab.image";

/** The folder of the Dockerfiles and lists, beside this module in the sources and in the package. */
export const recipeFolder = fileURLToPath(new URL(".", import.meta.url));

function recipeFile(name: string): string {
  return readFileSync(new URL(name, import.meta.url), "utf8");
}

/** Debian packages of the base image. */
export function basePackages(): string[] {
  return recipeFile("packages.txt")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
}

export function programRecipe(key: ProgramKey): ProgramRecipe {
  const { program, version } = key;
  const strip = "-s -w";
  if (program === "headscale") {
    const path = "github.com/juanfont/headscale";
    return {
      official: { image: `headscale/headscale:${version}`, programs: "/ko-app/headscale" },
      module: { path, version: `v${version}` },
      packages: [`${path}/cmd/headscale`],
      ldflags: strip,
    };
  }
  const path = "tailscale.com";
  const tailscale = {
    module: { path, version: `v${version}` },
    // Without stamps a build from a module calls itself 1.x.y-ERR-BuildInfo.
    ldflags: `${strip} -X ${path}/version.shortStamp=${version} -X ${path}/version.longStamp=${version}`,
  };
  return program === "derper"
    ? { ...tailscale, packages: [`${path}/cmd/derper`] }
    : {
        ...tailscale,
        official: {
          image: `tailscale/tailscale:v${version}`,
          programs: "/usr/local/bin/tailscale*",
        },
        packages: [`${path}/cmd/tailscale`, `${path}/cmd/tailscaled`],
      };
}

/**
 * The image's name, by content: it changes with the recipe's files, the packages and the versions.
 * Shape: `tailnet-lab/<program>:<version>-<hash>`.
 */
export function imageRef(key: ImageKey): string {
  const base = [debianRelease, ...["base.Dockerfile", "packages.txt", "lean.cfg"].map(recipeFile)];
  if (key.program === "base") return `tailnet-lab/base:${debianRelease}-${digest(base)}`;
  const parts = [...base, recipeFile("program.Dockerfile"), JSON.stringify(programRecipe(key))];
  return `tailnet-lab/${key.program}:${key.version}-${digest(parts)}`;
}

function digest(parts: string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 12);
}
