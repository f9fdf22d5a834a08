import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import type { ValidationIssue } from "../errors.ts";
import { checkDeclaration, invalid } from "./define-lab.ts";
import { loadData } from "./load-data.ts";
import { loadModule } from "./load-module.ts";
import { readPolicy, tagOwnerIssues } from "./policy.ts";
import type { Topology } from "./schema.ts";
import { pathOf } from "./schema-issues.ts";
import { isModule, topologyEndings } from "./topology-file.ts";
import { unreadable } from "./unreadable.ts";

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

/**
 * Loads a topology and its policy: a module's default export (of `defineLab`, or a plain
 * declaration), or a declaration in JSON or YAML, of which nothing is run. A policy's path is relative
 * to the topology's file.
 *
 * @throws LabError `TopologyUnreadable` where there is no such file or it can't be read or run;
 *   `TopologyInvalid` with every issue of the declaration, or of the policy. In JSON and YAML each has
 *   its line and column.
 */
export async function loadTopology(location: string): Promise<LoadedTopology> {
  const file = path.resolve(location);
  await assertTopologyFile(file);
  const { declaration, placed } = await readDeclaration(file);
  const checked = checkDeclaration(declaration);
  const topology = checked.topology ?? checked.sound;
  const policy = topology && (await loadPolicy(topology, file));
  const issues = placed([...checked.issues, ...(policy?.issues ?? [])]);
  issues.push(...(policy?.inFile ?? []));
  if (checked.topology === undefined) throw invalid(checked.name, issues);
  if (issues.length > 0) throw invalid(checked.topology.name, issues);
  return { topology: checked.topology, ...policy?.loaded, file };
}

interface LoadedPolicy {
  loaded?: Pick<LoadedTopology, "policyText" | "policyFile">;
  /** By paths of the declaration. */
  issues: ValidationIssue[];
  /** By places in the policy's file. */
  inFile?: ValidationIssue[];
}

async function loadPolicy(topology: Topology, file: string): Promise<LoadedPolicy> {
  const { policy } = topology.tailnet;
  if (policy === undefined) return { issues: [] };
  if (typeof policy !== "string") {
    return { loaded: { policyText: `${JSON.stringify(policy, null, 2)}\n` }, issues: [] };
  }
  const policyFile = path.resolve(path.dirname(file), policy);
  try {
    const policyText = await policyContent(policyFile);
    const read = readPolicy(policyText, policyFile);
    if (read.policy === undefined) return { issues: [], inFile: read.issues };
    const issues = tagOwnerIssues(topology, read.policy, policyFile);
    return { loaded: { policyText, policyFile }, issues };
  } catch (error) {
    return { issues: [missingPolicy(policyFile, error as NodeJS.ErrnoException)] };
  }
}

async function assertTopologyFile(file: string): Promise<void> {
  const remedy = "name a topology's file, or leave it out for the default lab";
  const status = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(file, cause.code === "ENOENT" ? "there is no such file" : cause.message, {
      remedy,
      cause,
    });
  });
  if (!status.isFile()) {
    const what = status.isDirectory() ? "it is a directory" : "it is no file";
    throw unreadable(file, what, { remedy });
  }
  if (!topologyEndings.includes(path.extname(file))) {
    throw unreadable(file, "it is neither a module nor JSON or YAML", {
      remedy: `name a file that ends in ${topologyEndings.join(", ")}`,
    });
  }
}

interface Declaration {
  declaration: unknown;
  /** Issues with a path of the declaration, with the line and column in its file where those are known. */
  placed(issues: readonly ValidationIssue[]): ValidationIssue[];
}

async function readDeclaration(file: string): Promise<Declaration> {
  if (isModule(file)) {
    return { declaration: await loadModule(file, "topology"), placed: (issues) => [...issues] };
  }
  const { value, placeOf } = await loadData(file);
  const placed = (issues: readonly ValidationIssue[]) =>
    issues.map(({ where, what, remedy }) => ({
      where: `${file}:${placeOf(pathOf(where))}`,
      what: `${where}: ${what}`,
      remedy,
    }));
  return { declaration: value, placed };
}

async function policyContent(file: string): Promise<string> {
  // Reading a pipe or a device might never end.
  if (!(await stat(file)).isFile()) throw new Error("it is no regular file");
  return readFile(file, "utf8");
}

function missingPolicy(file: string, error: NodeJS.ErrnoException): ValidationIssue {
  return {
    where: "tailnet.policy",
    what:
      error.code === "ENOENT"
        ? `there is no file ${file}`
        : `${file} can't be read: ${error.message}`,
    remedy: "write the policy's path, relative to the topology's file",
  };
}
