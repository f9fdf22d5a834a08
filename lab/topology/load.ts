import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { LabError, type ValidationIssue } from "../errors.ts";
import { defineLab, invalid } from "./define-lab.ts";
import { readPolicy, tagOwnerIssues } from "./policy.ts";
import type { LabDeclaration, Topology } from "./schema.ts";

/** A topology with the policy that it names. */
export interface LoadedTopology {
  topology: Topology;
  /** The policy as written, or an inline policy as JSON; absent where everyone may reach everything. */
  policyText?: string;
  /** The policy's file, absolute, where it is in one. */
  policyFile?: string;
  /** The topology's file, absolute. */
  file: string;
}

const moduleEndings = [".ts", ".mts", ".js", ".mjs"];

/**
 * Loads a module whose default export is a topology (of `defineLab`, or a plain declaration), and
 * its policy. A policy's path is relative to the topology's file.
 *
 * @throws LabError `TopologyUnreadable` where there is no such module or it can't be run;
 *   `TopologyInvalid` with every issue of the declaration, or of the policy.
 */
export async function loadTopology(location: string): Promise<LoadedTopology> {
  const file = path.resolve(location);
  const topology = defineLab(await defaultExport(file));
  const { policy } = topology.tailnet;
  if (policy === undefined) return { topology, file };
  if (typeof policy !== "string") {
    return { topology, policyText: `${JSON.stringify(policy, null, 2)}\n`, file };
  }

  const policyFile = path.resolve(path.dirname(file), policy);
  const policyText = await policyContent(policyFile, topology.name);
  const read = readPolicy(policyText, policyFile);
  const issues: ValidationIssue[] = read.policy
    ? tagOwnerIssues(topology, read.policy, policyFile)
    : read.issues;
  if (issues.length > 0) throw invalid(topology.name, issues);
  return { topology, policyText, policyFile, file };
}

async function defaultExport(file: string): Promise<LabDeclaration> {
  if (!moduleEndings.includes(path.extname(file))) {
    throw unreadable(file, "it is no TypeScript or JavaScript module", {
      remedy: `name a file that ends in ${moduleEndings.join(", ")}`,
    });
  }
  const status = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(file, cause.code === "ENOENT" ? "there is no such file" : cause.message, {
      remedy: "name a topology's file, or leave it out for the default lab",
      cause,
    });
  });
  if (!status.isFile()) {
    throw unreadable(file, "it is no file", { remedy: "name the topology's file in it" });
  }

  const url = pathToFileURL(file).href;
  const module: { default?: LabDeclaration } = await import(url).catch((cause: unknown) => {
    if (cause instanceof LabError) throw cause;
    throw unreadable(file, thrownText(cause, file), {
      remedy: /Cannot find (package|module)/.test(String(cause))
        ? "install what it imports (npm install), or mend the import"
        : "mend the module; `node FILE` shows the same error",
      cause,
    });
  });
  if (module.default === undefined) {
    throw unreadable(file, "it has no default export", {
      remedy: "write `export default defineLab({ … })`",
    });
  }
  return module.default;
}

async function policyContent(file: string, topology: string): Promise<string> {
  return readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    throw invalid(topology, [
      {
        where: "tailnet.policy",
        what:
          cause.code === "ENOENT"
            ? `there is no file ${file}`
            : `${file} can't be read: ${cause.message}`,
        remedy: "write the policy's path, relative to the topology's file",
      },
    ]);
  });
}

function unreadable(
  file: string,
  reason: string,
  details: { remedy: string; cause?: unknown },
): LabError {
  return new LabError("TopologyUnreadable", `can't read the topology: ${reason}`, {
    where: file,
    ...details,
  });
}

/** An error's message, with the line of the module where Node tells it (`file:///…/lab.ts:3`). */
function thrownText(thrown: unknown, file: string): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const stack = thrown.stack ?? "";
  const name = path.basename(file).replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const line = new RegExp(`${name}:(\\d+)`).exec(stack)?.[1];
  const place = line === undefined ? "" : ` (line ${line})`;
  return `${thrown.name}: ${thrown.message}${place}`;
}
