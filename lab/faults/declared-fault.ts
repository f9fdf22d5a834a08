import { LabError, type ValidationIssue } from "../errors.ts";
import { chooseFrom } from "../near-name.ts";
import type { NodeSpec } from "../plan/plan.ts";
import { type FaultNames, nameIssues } from "../topology/fault-names.ts";
import { valueIssues } from "../topology/fault-values.ts";
import { type Fault, type FaultDeclaration, faultSchema } from "../topology/faults.ts";
import { internet } from "../topology/schema.ts";
import { remedies, schemaIssues } from "../topology/schema-issues.ts";

/** A fault as declared, checked against the machines of the lab that it is for. Throws UsageInvalid, with every issue. */
export function checkedFault(machines: readonly NodeSpec[], declaration: FaultDeclaration): Fault {
  const parsed = faultSchema.safeParse(declaration, { error: remedies });
  if (!parsed.success) {
    throw invalid(declaration, schemaIssues(faultSchema, declaration, parsed.error.issues));
  }
  const issues = [...nameIssues(parsed.data, namesOf(machines)), ...valueIssues(parsed.data)];
  if (issues.length > 0) throw invalid(declaration, issues);
  return parsed.data;
}

function invalid({ kind }: FaultDeclaration, issues: readonly ValidationIssue[]): LabError {
  return new LabError("UsageInvalid", `the fault ${kind} can't be injected`, { issues });
}

function namesOf(machines: readonly NodeSpec[]): FaultNames {
  const named = (choose: (spec: NodeSpec) => boolean) =>
    new Set(machines.filter(choose).map(({ name }) => name));
  const networks = new Set(machines.map(({ network }) => network));
  networks.delete(internet);
  return {
    nodes: named(() => true),
    members: named(({ kind }) => kind === "tailscale"),
    networks,
    regions: new Set(machines.flatMap(({ region }) => region ?? [])),
    servers: named(({ services }) => services.some(({ kind }) => kind === "dns")),
  };
}

/** Throws UsageInvalid: a fault is named that is not there. */
export function noSuchFault(id: string, ids: readonly string[]): LabError {
  return new LabError("UsageInvalid", `there is no fault ${id || '""'}`, {
    where: id || '""',
    remedy: chooseFrom(id, ids, "none is injected; see `tailnet-lab fault list`"),
  });
}
