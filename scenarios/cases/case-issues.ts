import { entryOf } from "../../lab/doctor/catalogue.ts";
import { LabError, type ValidationIssue } from "../../lab/errors.ts";
import { checkedFault } from "../../lab/faults/declared-fault.ts";
import { chooseFrom } from "../../lab/near-name.ts";
import { label, type NodeSpec } from "../../lab/plan/plan.ts";
import { draftOptions, planLab } from "../../lab/plan/plan-lab.ts";
import type { LoadedTopology } from "../../lab/topology/load.ts";
import type { Attempt, Case } from "./case.ts";

/** What of a case its lab, the faults or the catalogue do not have, each with its path in the case. */
export function caseIssues(theCase: Case, { topology, policyText }: LoadedTopology) {
  const plan = planLab(topology, {
    ...draftOptions(topology),
    run: "case",
    ...(policyText === undefined ? {} : { policyText }),
  });
  const specs = plan.containers
    .filter(({ oneShot }) => oneShot !== true)
    .map(({ labels }): NodeSpec => JSON.parse(labels[label.spec] ?? "{}"));
  const machines = specs.map(({ name }) => name);
  const unknown = namesIn(theCase).filter(({ name }) => !machines.includes(name));
  return [
    ...attemptIssues(theCase),
    ...unknown.map(({ where, name }) => ({
      where,
      what: `there is no node ${name}`,
      remedy: chooseFrom(name, machines, "the lab has none"),
    })),
    ...(theCase.faults ?? []).flatMap((fault, index) => {
      try {
        checkedFault(specs, fault);
        return [];
      } catch (error) {
        if (!(error instanceof LabError)) throw error;
        return error.issues.map((each) => ({ ...each, where: `faults[${index}].${each.where}` }));
      }
    }),
    ...codeIssues(theCase),
  ];
}

/** Each kind, and the field that says where it is tried. */
const triedOn: Record<Attempt["kind"], "from" | "on"> = {
  connect: "from",
  resolve: "from",
  path: "from",
  transfer: "from",
  "seen-from": "from",
  command: "on",
};

function attemptIssues({ symptoms }: Case): ValidationIssue[] {
  const known = Object.keys(triedOn);
  return symptoms.flatMap(({ attempt: { kind } }, index) => {
    if (known.includes(kind)) return [];
    const what = `there is no kind of attempt ${kind}`;
    return [
      { where: `symptoms[${index}].attempt.kind`, what, remedy: chooseFrom(kind, known, "") },
    ];
  });
}

function codeIssues({ finding: { code } }: Case): ValidationIssue[] {
  try {
    entryOf(code);
    return [];
  } catch {
    const remedy = "docs/doctor/README.md has them all";
    return [{ where: "finding.code", what: `the doctor has no finding ${code}`, remedy }];
  }
}

/** The machines that a case names, by their paths. */
function namesIn({ symptoms, remedy, setup = [], changes = [], question, finding }: Case) {
  const steps = Object.entries({ remedy, setup, changes }).flatMap(([field, list]) =>
    list.map(({ on }, index) => ({ where: `${field}[${index}].on`, name: on })),
  );
  const tried = symptoms.flatMap(({ attempt }, index) => {
    const field = triedOn[attempt.kind];
    if (field === undefined) return [];
    const name = attempt.kind === "command" ? attempt.on : attempt.from;
    return [{ where: `symptoms[${index}].attempt.${field}`, name }];
  });
  return [
    ...tried,
    ...steps,
    ...(question === undefined ? [] : [{ where: "question.from", name: question.from }]),
    ...(finding.node === undefined ? [] : [{ where: "finding.node", name: finding.node }]),
  ];
}
