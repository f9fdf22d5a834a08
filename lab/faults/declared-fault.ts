import { LabError, type ValidationIssue } from "../errors.ts";
import { chooseFrom } from "../near-name.ts";
import type { RunningLab } from "../running/running-lab.ts";
import { type FaultNames, nameIssues } from "../topology/fault-names.ts";
import { valueIssues } from "../topology/fault-values.ts";
import { type Fault, type FaultDeclaration, faultSchema } from "../topology/faults.ts";
import { internet } from "../topology/schema.ts";
import { remedies, schemaIssues } from "../topology/schema-issues.ts";

/** A fault as declared, checked against the lab that it is for. Throws UsageInvalid, with every issue. */
export function checkedFault(lab: RunningLab, declaration: FaultDeclaration): Fault {
  const parsed = faultSchema.safeParse(declaration, { error: remedies });
  if (!parsed.success) {
    throw invalid(declaration, schemaIssues(faultSchema, declaration, parsed.error.issues));
  }
  const issues = [...nameIssues(parsed.data, namesOf(lab)), ...valueIssues(parsed.data)];
  if (issues.length > 0) throw invalid(declaration, issues);
  return parsed.data;
}

function invalid({ kind }: FaultDeclaration, issues: readonly ValidationIssue[]): LabError {
  return new LabError("UsageInvalid", `the fault ${kind} can't be injected`, { issues });
}

/** What a fault may name in a running lab. */
function namesOf(lab: RunningLab): FaultNames {
  const { nodes } = lab;
  const networks = new Set(nodes.map(({ spec }) => spec.network));
  networks.delete(internet);
  return {
    nodes: new Set(nodes.map(({ name }) => name)),
    members: new Set(lab.ofKind("tailscale").map(({ name }) => name)),
    networks,
    regions: new Set(nodes.flatMap(({ spec }) => spec.region ?? [])),
    servers: new Set(
      nodes
        .filter(({ spec }) => spec.services.some(({ kind }) => kind === "dns"))
        .map(({ name }) => name),
    ),
  };
}

/** Throws UsageInvalid: a fault is named that is not there. */
export function noSuchFault(id: string, ids: readonly string[]): LabError {
  return new LabError("UsageInvalid", `there is no fault ${id}`, {
    where: id,
    remedy: chooseFrom(id, ids, "none is injected; see `tailnet-lab fault list`"),
  });
}
