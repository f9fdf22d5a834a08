import type { Observations } from "../evidence/observations.ts";
import type { Question } from "../evidence/question.ts";
import { everyMachine, onTheWay, works } from "./asked.ts";
import { entryOf } from "./catalogue.ts";
import { type ChainStep, chainOf } from "./chain.ts";
import { type Check, type NotLooked, runCheck, type Step, steps } from "./check.ts";
import { checks } from "./checks.ts";
import type { Finding, Severity } from "./finding.ts";
import { asHosted, isHosted } from "./hosted.ts";
import { lostAt } from "./lost.ts";

export interface Diagnosis {
  question: Question | undefined;
  /** Whether what was asked works; undefined without a question, or where it could not be tried. */
  works: boolean | undefined;
  /** The way of the packet, step by step; empty without a question. */
  chain: ChainStep[];
  /** What answers the question, the first cause first; all there is without one. */
  findings: Diagnosed[];
  /** What was found beside it. */
  elsewhere: Diagnosed[];
  notLooked: NotLooked[];
  /** Health warnings that tailscaled itself has, of the machines on the way or of all; in its words. */
  health: HealthWarning[];
  /** Up to where the packets of what was asked were seen, in words; undefined where nobody listened. */
  lost: string | undefined;
}

export interface HealthWarning {
  node: string;
  says: string;
}

export interface Diagnosed extends Finding {
  name: string;
  severity: Severity;
  step: Step;
  /** What is only so because of this. */
  consequences: Diagnosed[];
}

/** What is wrong, and why; pure. */
export function diagnose(observations: Observations, question?: Question | undefined): Diagnosis {
  const results = checks.map((check) => runCheck(check, observations, question));
  const all = withoutDoubles(results.flatMap(({ findings }) => findings));
  const way = onTheWay(observations);
  const { attempts } = observations;
  const isAsked = (finding: Finding) => way === undefined || isAbout(finding, way);
  const isBroken = (finding: Finding) => isAsked(finding) && breaks(finding);
  const isNameAsked = question === undefined || attempts?.name != null;
  const aside = new Set<Step>([
    ...(isWithoutControl(observations) ? [] : (["control"] as const)),
    ...(isNameAsked ? [] : (["name"] as const)),
  ]);
  const atHand = new Set(everyMachine(observations).map(({ machine }) => machine.name));
  // What ails a machine of which nothing was captured may be long known: a phone that was sold.
  const isAside = ({ node }: Finding, step: Step) =>
    aside.has(step) || (question === undefined && step === "machine" && !atHand.has(node));
  const isSureCause = (finding: Found) =>
    finding.isGuess !== true && isBroken(finding) && !aside.has(finding.check.step);
  const told = all.some(isSureCause) ? all.filter(({ isGuess }) => isGuess !== true) : all;
  const found = isHosted(observations) ? told.map(asHosted) : told;
  const rankOf = (finding: Finding, step: Step, isAsked: boolean) =>
    rank(finding, step, isAsked, isAside(finding, step));
  const place = (finding: Found) => rankOf(finding, finding.check.step, isAsked(finding));
  const order = (a: Found, b: Found) => place(a) - place(b) || inOrder(a, b, question?.from);
  found.sort(order);
  // What makes something else of what was asked fail answers the question too.
  const isAnswer = (root: Diagnosed): boolean =>
    isAsked(root) || root.consequences.some((consequence) => isAnswer(consequence));
  const rootPlace = (root: Diagnosed) => rankOf(root, root.step, isAnswer(root));
  const roots = underCauses(found).sort((a, b) => rootPlace(a) - rootPlace(b));
  const isBehindAnswer = found.some((each) => each.isBehindAnswer === true && isAsked(each));
  return {
    question,
    works: isBehindAnswer ? false : attempts === undefined ? undefined : works(attempts),
    chain: attempts === undefined ? [] : chainOf(observations, attempts, found.filter(isBroken)),
    findings: roots.filter(isAnswer),
    elsewhere: roots.filter((root) => !isAnswer(root)),
    notLooked: [
      ...withoutNodes(observations),
      ...byCommand(results.flatMap(({ notLooked }) => notLooked)),
    ],
    health: healthOf(observations, way),
    lost: lostAt(observations)?.words,
  };
}

function healthOf(
  { tailscale }: Observations,
  way: ReadonlySet<string> | undefined,
): HealthWarning[] {
  return [...tailscale].flatMap(([node, { status }]) =>
    status.kind === "seen" && way?.has(node) !== false
      ? status.value.health.map((says) => ({ node, says }))
      : [],
  );
}

/** All that was found, consequences and what is beside the question too. */
export function everyFinding({ findings, elsewhere }: Diagnosis): Diagnosed[] {
  const withConsequences = (found: Diagnosed): Diagnosed[] => [
    found,
    ...found.consequences.flatMap(withConsequences),
  ];
  return [...findings, ...elsewhere].flatMap(withConsequences);
}

/** Most of what can be wrong shows on nodes alone. */
function withoutNodes({ tailscale, control }: Observations): NotLooked[] {
  const node = control?.machine.name;
  if (tailscale.size > 0 || node === undefined) return [];
  const why = "no machine with Tailscale is at hand";
  return [{ codes: [], node, command: "tailscale status --json", why, isPrinted: false }];
}

/** Each command once, with all codes that need it; what printed something first. */
function byCommand(all: readonly NotLooked[]): NotLooked[] {
  const groups = Map.groupBy(all, ({ node, command, why }) => `${node}\0${command}\0${why}`);
  return [...groups.values()]
    .flatMap(([first, ...rest]) => {
      if (first === undefined) return [];
      const codes = [first, ...rest].flatMap((each) => each.codes);
      return [{ ...first, codes: [...new Set(codes)].sort() }];
    })
    .sort((a, b) => Number(b.isPrinted) - Number(a.isPrinted));
}

type Found = Finding & { check: Check };

/** Whether what was asked fails by it. */
function breaks({ code, isReason }: Finding): boolean {
  return isReason === true || entryOf(code).severity === "error";
}

function withoutDoubles(findings: readonly Found[]): Found[] {
  const first = new Map<string, Found>();
  for (const finding of findings) {
    const key = `${finding.code} ${finding.node}`;
    const known = first.get(key);
    if (known === undefined || (known.isGuess && !finding.isGuess)) first.set(key, finding);
  }
  return [...first.values()];
}

function isAbout({ node, involves = [] }: Finding, names: ReadonlySet<string>): boolean {
  return names.has(node) || involves.some((name) => names.has(name));
}

/** One of the two ends has started, and waits for control to tell it of the tailnet. */
function isWithoutControl({ attempts, tailscale }: Observations): boolean {
  return [attempts?.question.from, attempts?.target].some((name) => {
    const status = tailscale.get(name ?? "")?.status;
    return status?.kind === "seen" && /^(?:NoState|Starting)$/.test(status.value.backendState);
  });
}

/**
 * What is on the way goes first, then what breaks something, then in the order in which a packet would meet it.
 * Connections go on without the control server, once they have heard of it, and without names where an address was
 * asked: these steps are set aside.
 */
function rank(finding: Finding, step: Step, isAsked: boolean, isAside: boolean): number {
  const place = isAside ? steps.length : steps.indexOf(step);
  return (isAsked ? 0 : 1000) + (breaks(finding) ? 0 : 100) + place;
}

/** Of one cause at both ends, that of who asks: the packet meets it first. */
function inOrder(a: Found, b: Found, from: string | undefined): number {
  const key = ({ code, node }: Found) => `${code} ${node === from ? "" : node}`;
  return key(a) < key(b) ? -1 : 1;
}

/** Puts each consequence under the first of its causes that was found. */
function underCauses(found: readonly Found[]): Diagnosed[] {
  const causes = new Map<Found, Found>();
  for (const finding of found) {
    const cause = found.find(
      (other) =>
        finding.check.explainedBy.includes(other.code) &&
        isRelated(finding, other) &&
        !isUnder(other, finding, causes),
    );
    if (cause !== undefined && cause !== finding) causes.set(finding, cause);
  }
  const diagnosed = (finding: Found): Diagnosed => {
    const { check, ...rest } = finding;
    const { name, severity } = entryOf(finding.code);
    const consequences = found.filter((other) => causes.get(other) === finding).map(diagnosed);
    return { ...rest, name, severity, step: check.step, consequences };
  };
  return found.filter((finding) => !causes.has(finding)).map(diagnosed);
}

function isRelated(a: Finding, b: Finding): boolean {
  const names = new Set([a.node, ...(a.involves ?? [])]);
  return isAbout(b, names);
}

function isUnder(finding: Found, other: Found, causes: ReadonlyMap<Found, Found>): boolean {
  for (let each: Found | undefined = finding; each !== undefined; each = causes.get(each)) {
    if (each === other) return true;
  }
  return false;
}
