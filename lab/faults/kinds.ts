import { LabError } from "../errors.ts";
import { chooseFrom } from "../near-name.ts";
import { faultSchema } from "../topology/faults.ts";
import { controlFaults } from "./families/control.ts";
import { dnsFaults } from "./families/dns.ts";
import { hostFaults } from "./families/host.ts";
import { identityFaults } from "./families/identity.ts";
import { impairments } from "./families/impairments.ts";
import { lifeFaults } from "./families/life.ts";
import { pathFaults } from "./families/paths.ts";
import { policyFaults } from "./families/policy.ts";
import { relayFaults } from "./families/relays.ts";
import { routerFaults } from "./families/routers.ts";
import { routeFaults } from "./families/routes.ts";
import { serviceFaults } from "./families/services.ts";
import type { FaultKind } from "./fault-kind.ts";

/** Every kind of fault, family by family, in the order of the docs. */
export const faultKinds: readonly FaultKind[] = [
  ...pathFaults,
  ...impairments,
  ...routerFaults,
  ...lifeFaults,
  ...hostFaults,
  ...serviceFaults,
  ...dnsFaults,
  ...routeFaults,
  ...policyFaults,
  ...identityFaults,
  ...controlFaults,
  ...relayFaults,
];

/** Throws UsageInvalid, with the kinds that are near. */
export function faultKind(name: string): FaultKind {
  const found = faultKinds.find(({ kind }) => kind === name);
  if (found !== undefined) return found;
  throw new LabError("UsageInvalid", `there is no kind of fault ${name}`, {
    where: name,
    remedy: chooseFrom(
      name,
      faultKinds.map(({ kind }) => kind),
      "there are none",
    ),
  });
}

/** What a kind means, in one line: its schema says it. */
export function meaningOf({ kind }: FaultKind): string {
  return schemaOf(kind).description ?? "";
}

/** The schema of one kind's fields. */
export function schemaOf(kind: string) {
  const schema = faultSchema.options.find(({ shape }) => shape.kind.value === kind);
  if (schema === undefined) throw new Error(`the schema has no kind of fault ${kind}`);
  return schema;
}
