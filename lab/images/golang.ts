import { mkdir, writeFile } from "node:fs/promises";
import { setPriority } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import type { ProgramRecipe } from "./recipes.ts";

/** Where to build, and whom to tell. */
interface GoBuild {
  /** A folder of its own; the programs come into its `bin`. */
  folder: string;
  signal?: AbortSignal;
  detail: (text: string) => void;
  /** As of nice(1): 19 gives way to all else. */
  nice?: number;
}

/** What `go mod download -json` tells of one module. */
const downloadSchema = z.object({ GoMod: z.string().optional(), Error: z.string().optional() });

/** What of a go.mod is read, as `go mod edit -json` tells it. A `New` without a version is a folder. */
const side = z.object({ Path: z.string(), Version: z.string().optional() });
const goModSchema = z.object({
  Replace: z.array(z.object({ Old: side, New: side })).nullish(),
});

/**
 * A go.mod of our own that requires the wanted module: `go install` refuses a module with `replace`
 * directives. Go heeds them in the main module only, so they are to be repeated here.
 */
export function buildModule(recipe: ProgramRecipe, replaces: string[] = []): string {
  const { path, version } = recipe.module;
  const lines = ["module tailnet-lab.invalid/build", "go 1.21", `require ${path} ${version}`];
  return `${[...lines, ...replaces].join("\n\n")}\n`;
}

/**
 * The `replace` directives of a module's own go.mod.
 * @throws Error with Go's words, such as an unknown version
 */
async function ownReplaces({ path, version }: ProgramRecipe["module"]): Promise<string[]> {
  const download = await execa({ reject: false })`go mod download -json ${path}@${version}`;
  const { GoMod, Error: error } = downloadSchema.parse(JSON.parse(download.stdout || "{}"));
  if (GoMod === undefined) throw new Error(`go mod download: ${error ?? download.stderr}`);
  const { stdout } = await execa`go mod edit -json ${GoMod}`;
  const { Replace } = goModSchema.parse(JSON.parse(stdout));
  return (Replace ?? [])
    .filter((replace) => replace.New.Version !== undefined)
    .map(({ Old, New }) => `replace ${written(Old)} => ${written(New)}`);
}

function written({ Path, Version = "" }: z.output<typeof side>): string {
  return `${Path} ${Version}`.trim();
}

/** Whether the machine has a Go of its own. */
export async function hasGo(): Promise<boolean> {
  return !(await execa("go", ["version"], { reject: false })).failed;
}

/**
 * Builds the recipe's programs.
 * @throws Error with Go's words, such as an unknown version or a Go that is too old
 */
export async function buildPrograms(
  { folder, signal, detail, nice = 0 }: GoBuild,
  recipe: ProgramRecipe,
): Promise<void> {
  const temporary = join(folder, "tmp");
  await mkdir(join(folder, "bin"), { recursive: true });
  await mkdir(temporary);
  await writeFile(join(folder, "go.mod"), buildModule(recipe, await ownReplaces(recipe.module)));
  const build = execa(
    "go",
    [
      ...["build", "-v", "-mod=mod", "-trimpath", `-ldflags=${recipe.ldflags}`],
      ...(recipe.tags === undefined ? [] : [`-tags=${recipe.tags.join(",")}`]),
      ...["-o", `${join(folder, "bin")}/`, ...recipe.packages],
    ],
    {
      cwd: folder,
      // A workspace file around the temporary folder must not count.
      env: { CGO_ENABLED: recipe.cgo === true ? "1" : "0", GOWORK: "off", GOTMPDIR: temporary },
      lines: true,
      reject: false,
      ...(signal === undefined ? {} : { cancelSignal: signal }),
    },
  );
  if (nice > 0 && build.pid !== undefined) setPriority(build.pid, nice);
  let compiled = 0;
  const said: string[] = [];
  for await (const line of build.iterable({ from: "stderr" })) {
    // -v names each package as it is compiled; everything else is Go's own word.
    if (/^[\w.~/-]+$/.test(line)) detail(`${++compiled} packages compiled: ${line}`);
    else {
      said.push(line);
      detail(line);
    }
  }
  const result = await build;
  if (!result.failed) return;
  const words = said.filter((line) => !line.startsWith("go: downloading")).slice(-8);
  throw new Error(`go build: ${words.join("; ") || result.shortMessage}`, { cause: result });
}
