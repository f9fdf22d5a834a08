import { everyFinding } from "../../lab/doctor/diagnose.ts";
import type { RunningLab } from "../../lab/running/running-lab.ts";
import type { Case } from "../cases/case.ts";
import { bringAbout, setUp } from "../cases/causes.ts";
import { diagnoseCase } from "../cases/diagnosis.ts";
import { before, showAll } from "../cases/run-case.ts";

/** What the doctor was asked with one cause, two, or none, and what it said. */
export type Scored =
  | {
      kind: "one";
      name: string;
      variant: string;
      expected: string;
      first: string;
      isRight: boolean;
    }
  | {
      kind: "pair";
      names: [string, string];
      expected: [string, string];
      named: string[];
      isRight: boolean;
    }
  | { kind: "healthy"; lab: string; question: string; named: string[]; isRight: boolean }
  /** The symptom did not show, or the lab was not healthy before: nothing can be said. */
  | { kind: "left-out"; name: string; variant: string; why: string };

/** How long a lab that is healthy may take to show it, and a trouble to show. */
const usualLimitMs = 60_000;

export async function lookAtOne(lab: RunningLab, theCase: Case, variant: string): Promise<Scored> {
  const { name, finding } = theCase;
  const leftOut = (why: string): Scored => ({ kind: "left-out", name, variant, why });
  await using _setup = await setUp(lab, theCase);
  const hasCause = theCase.faults.length + (theCase.changes?.length ?? 0) > 0;
  if (hasCause && !(await shows(lab, before(theCase), "repaired")))
    return leftOut("not healthy before");
  await using _causes = await bringAbout(lab, theCase);
  if (!(await shows(lab, theCase, "broken"))) return leftOut("the symptom does not show");
  const { findings } = await diagnoseCase(lab, theCase);
  const [first] = findings;
  const isRight =
    first?.code === finding.code && (finding.node === undefined || first.node === finding.node);
  const named = first === undefined ? "nothing" : first.code;
  return { kind: "one", name, variant, expected: finding.code, first: named, isRight };
}

/** Both causes at once; whether both are named, whatever the order, by what either question shows. */
export async function lookAtPair(lab: RunningLab, one: Case, other: Case): Promise<Scored> {
  const names: [string, string] = [one.name, other.name];
  const variant = "pair";
  if (!(await shows(lab, one, "repaired")) || !(await shows(lab, other, "repaired"))) {
    return { kind: "left-out", name: names.join(" + "), variant, why: "not healthy before" };
  }
  await using _one = await bringAbout(lab, one);
  await using _other = await bringAbout(lab, other);
  if (!(await shows(lab, one, "broken")) || !(await shows(lab, other, "broken"))) {
    return { kind: "left-out", name: names.join(" + "), variant, why: "a symptom does not show" };
  }
  const asked = [await diagnoseCase(lab, one), await diagnoseCase(lab, other)];
  const named = [...new Set(asked.flatMap(everyFinding).map(({ code }) => code))].sort();
  const expected: [string, string] = [one.finding.code, other.finding.code];
  return {
    kind: "pair",
    names,
    expected,
    named,
    isRight: expected.every((code) => named.includes(code)),
  };
}

/** Of a lab in which nothing is the matter but what its topology has: NATs that do not match. */
export async function lookAtHealthy(lab: RunningLab, question: Case["question"]): Promise<Scored> {
  const [to = "", port] = question?.to?.split(":") ?? [];
  if (question !== undefined) {
    const attempt = { kind: "connect", from: question.from, to, port: Number(port) } as const;
    const symptoms = [{ attempt, broken: "reached", repaired: "reached" }];
    if (!(await shows(lab, { symptoms }, "repaired", 10_000))) {
      const why = `${question.from} does not reach ${question.to}, as the policy has it`;
      return { kind: "left-out", name: "healthy", variant: lab.name, why };
    }
  }
  const found = everyFinding(await diagnoseCase(lab, question === undefined ? {} : { question }));
  const named = found
    .filter(({ code }) => !(code === natsDoNotMatch && hasHardNat(lab, question)))
    .map(({ code, node, what }) => `${code} on ${node}: ${what}`);
  const asked = question === undefined ? "the whole lab" : `${question.from} ${question.to}`;
  return { kind: "healthy", lab: lab.name, question: asked, named, isRight: named.length === 0 };
}

const natsDoNotMatch = "TL401";

/** Whether one of the two is behind a hard NAT; all others of these labs are behind one that filters by port. */
function hasHardNat(lab: RunningLab, question: Case["question"]): boolean {
  const names = [question?.from, question?.to?.split(":")[0]];
  return lab.nodes.some(({ name, spec }) => names.includes(name) && spec.nat === "hard");
}

async function shows(
  lab: RunningLab,
  theCase: Pick<Case, "symptoms">,
  which: "broken" | "repaired",
  limitMs = usualLimitMs,
) {
  return (await showAll(lab, theCase, which, { limitMs })).every(({ isRight }) => isRight);
}
