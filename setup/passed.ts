import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder } from "./machine.ts";

/*
 * What was tried and passed need not be tried again for the same: the kernel of an engine, a policy that
 * Headscale has read. One small file each, with the digests of what passed last.
 */

/** So many labs' policies, or engines, are remembered. */
const remembered = 20;

export async function hasPassed(what: string, tried: unknown): Promise<boolean> {
  return (await digests(what)).includes(digest(tried));
}

/** Where the folder can't be written, the same is tried again the next time. */
export async function rememberPassed(what: string, tried: unknown): Promise<void> {
  const latest = [digest(tried), ...(await digests(what))].slice(0, remembered);
  try {
    await mkdir(join(cacheFolder(), "passed"), { recursive: true });
    await writeFile(fileOf(what), `${[...new Set(latest)].join("\n")}\n`);
  } catch {
    // A user without a home directory.
  }
}

async function digests(what: string): Promise<string[]> {
  const text = await readFile(fileOf(what), "utf8").catch(() => "");
  return text.split("\n").filter((line) => line !== "");
}

function fileOf(what: string): string {
  return join(cacheFolder(), "passed", what);
}

function digest(tried: unknown): string {
  return createHash("sha256").update(JSON.stringify(tried)).digest("hex");
}
