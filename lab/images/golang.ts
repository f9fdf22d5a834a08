import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { z } from "zod";
import { errorMessage } from "./output.ts";
import { runProgram } from "./program.ts";
import type { ProgramRecipe } from "./recipes.ts";

/** Where to build, and whom to tell. */
interface GoBuild {
  /** A folder of its own; the programs come into its `bin`. */
  folder: string;
  /** What to build for, for Linux; absent: for this machine. */
  architecture?: string;
  signal?: AbortSignal | undefined;
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
async function ownReplaces(
  { path, version }: ProgramRecipe["module"],
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const options = { reject: false, ...(signal === undefined ? {} : { cancelSignal: signal }) };
  const download = await execa(options)`go mod download -json ${path}@${version}`;
  signal?.throwIfAborted();
  const { GoMod, Error: error } = downloadSchema.parse(JSON.parse(download.stdout || "{}"));
  if (GoMod === undefined) {
    throw new Error(`go mod download: ${errorMessage(error ?? download.stderr)}`);
  }
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
 * @throws the signal's reason; Error with Go's output, such as an unknown version or a Go that is too old
 */
export async function buildPrograms(
  { folder, architecture, signal, detail, nice = 0 }: GoBuild,
  recipe: ProgramRecipe,
): Promise<void> {
  signal?.throwIfAborted();
  const temporary = join(folder, "tmp");
  await mkdir(join(folder, "bin"), { recursive: true });
  await mkdir(temporary, { recursive: true });
  const replaces = await ownReplaces(recipe.module, signal);
  await writeFile(join(folder, "go.mod"), buildModule(recipe, replaces));
  let compiled = 0;
  await runProgram(
    "go",
    [
      ...["build", "-v", "-mod=mod", "-trimpath", `-ldflags=${recipe.ldflags}`],
      ...(recipe.tags === undefined ? [] : [`-tags=${recipe.tags.join(",")}`]),
      ...["-o", `${join(folder, "bin")}/`, ...recipe.packages],
    ],
    {
      cwd: folder,
      env: {
        CGO_ENABLED: recipe.cgo === true ? "1" : "0",
        // A workspace file around the temporary folder must not count.
        GOWORK: "off",
        GOTMPDIR: temporary,
        ...(architecture === undefined ? {} : { GOOS: "linux", GOARCH: architecture }),
      },
      signal,
      nice,
      onLine: (line) => detail(isPackage(line) ? `${++compiled} packages compiled: ${line}` : line),
      isReason: (line) => !isPackage(line) && !line.startsWith("go: downloading"),
    },
  );
}

/** `-v` names each package as it is compiled; everything else is Go's own message. */
function isPackage(line: string): boolean {
  return /^[\w.~/-]+$/.test(line);
}
