import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";

const root = path.join(import.meta.dirname, "../..");

interface LockedPackage {
  version?: string;
  integrity?: string;
  /** It comes inside the tarball of the package above it, whose integrity covers it. */
  inBundle?: boolean;
}

test.each(["package-lock.json", "setup/node24/package-lock.json"])(
  "%s has the integrity of every package, for other platforms too",
  async (file) => {
    const lock = JSON.parse(await readFile(path.join(root, file), "utf8"));
    const packages: Record<string, LockedPackage> = lock.packages;
    const holderOf = (name: string) => name.slice(0, name.lastIndexOf("/node_modules/"));
    const isCovered = (name: string): boolean => {
      const { integrity, inBundle } = packages[name] ?? {};
      if (inBundle === true) return isCovered(holderOf(name));
      return /^sha512-[\w+/]{86}==$/.test(integrity ?? "");
    };
    const names = Object.keys(packages).filter((name) => name !== "");
    expect(names.length).toBeGreaterThan(0);
    // npm drops what it did not install itself: delete those entries from the lock file, and let
    // `npm install --package-lock-only` write them again in a folder without node_modules.
    expect(names.filter((name) => !isCovered(name))).toEqual([]);
  },
);
