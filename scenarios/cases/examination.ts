import { setTimeout as pause } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import { secretRemover } from "../../lab/capture/secrets.ts";
import type { Finding } from "../../lab/doctor/finding.ts";
import type { RunningLab } from "../../lab/running/running-lab.ts";
import type { Case, Look } from "./case.ts";
import { stepText } from "./commands.ts";
import { cases } from "./index.ts";
import { type Recording, readRecording } from "./recording.ts";
import { withoutVolatile } from "./volatile.ts";

/** How what was seen stands to what should be. */
export interface Judged {
  isRight: boolean;
  expected: string;
  seen: string;
}

/** What a person without the doctor looks at: while the trouble is there, and when it is repaired. */
export interface Examination {
  broken(lab: RunningLab, finding: Finding): Promise<Judged>;
  repaired(lab: RunningLab): Promise<Judged>;
}

/** An output, or a sentence of the doctor's. */
interface Shown {
  title: string;
  text: string;
}

/** Of a command; those that wait for the network have their own limits. */
const commandMs = 30_000;
/** What a state takes to get about: control takes a node for gone after some ten seconds. */
const settleMs = 40_000;
const askAgainMs = 500;
/** What is recorded has been the same for so long: control's restart comes to one machine seconds before another. */
const stillMs = 5000;

/** Of a case that was recorded; others, and those of a user's file, have none. */
export async function examinationOf(theCase: Case): Promise<Examination | undefined> {
  if (!cases.includes(theCase)) return undefined;
  const recording = await readRecording(theCase.name);
  return recording === undefined ? undefined : comparedWith(recording);
}

/** Sees that the commands print what was recorded, and that the doctor says the same. */
function comparedWith(recording: Recording): Examination {
  const { looks } = recording;
  const compare = async (expected: readonly Shown[], look: () => Promise<Shown[]>) =>
    judged(expected, await settled(look, (shown) => isSame(shown, expected)));
  return {
    broken: (lab, finding) =>
      compare(brokenOf(recording), async () => [...saidOf(finding), ...(await lookAt(lab, looks))]),
    repaired: (lab) => compare(shownOf(looks, "repaired"), () => lookAt(lab, looks)),
  };
}

/** Records what the commands print. One of them, at least, must tell the two apart. */
export function recorder(theCase: Case): Examination & { recording(): Recording } {
  const looks = theCase.look ?? [];
  let finding: Recording["finding"] | undefined;
  let broken: Shown[] = [];
  let repaired: Shown[] = [];
  const whatItIs = (seen: readonly Shown[]): string => seen.map(line).join("\n");
  return {
    async broken(lab, { code, node, what, why, fix }) {
      finding = { code, node, what, why, fix: [...fix] };
      broken = await settled(() => lookAt(lab, looks), isStill);
      const seen = whatItIs(broken);
      return { isRight: looks.length > 0, expected: "the case says where to look", seen };
    },
    async repaired(lab) {
      const isOther = (shown: readonly Shown[]) => !isSame(shown, broken);
      repaired = await settled(
        () => lookAt(lab, looks),
        (shown, sameMs) => isOther(shown) && isStill(shown, sameMs),
      );
      const expected = "something else than while the trouble was there";
      return { isRight: isOther(repaired), expected, seen: whatItIs(repaired) };
    },
    recording() {
      if (finding === undefined) throw new Error(`${theCase.name} was not run to its end`);
      const texts = looks.map(({ on, run }, index) => ({
        on,
        run,
        broken: broken[index]?.text ?? "",
        repaired: repaired[index]?.text ?? "",
      }));
      return { finding, looks: texts };
    },
  };
}

/** Whether two recordings differ in nothing but what differs from one lab to the other. */
export function isSameRecording(one: Recording, other: Recording): boolean {
  const all = (each: Recording) => [...brokenOf(each), ...shownOf(each.looks, "repaired")];
  return one.finding.code === other.finding.code && isSame(all(one), all(other));
}

async function lookAt(
  lab: RunningLab,
  looks: readonly Pick<Look, "on" | "run">[],
): Promise<Shown[]> {
  const removeSecrets = secretRemover();
  const shown: Shown[] = [];
  for (const look of looks) {
    // Both streams, as on a terminal.
    const { stdout } = await lab
      .node(look.on)
      .exec(["sh", "-c", `exec 2>&1\n${look.run}`], { timeoutMs: commandMs });
    const text = removeSecrets(stripVTControlCharacters(stdout)).replace(/[ \t\r]+$/gm, "");
    shown.push({ title: stepText(look), text: text.trimEnd() });
  }
  return shown;
}

function brokenOf({ finding, looks }: Recording): Shown[] {
  return [...saidOf(finding), ...shownOf(looks, "broken")];
}

function saidOf({ what, why, fix }: Pick<Finding, "what" | "why" | "fix">): Shown[] {
  return [what, why, ...fix].map((text) => ({ title: "the doctor says", text }));
}

function shownOf(looks: Recording["looks"], which: "broken" | "repaired"): Shown[] {
  return looks.map((look) => ({ title: stepText(look), text: look[which] }));
}

function isSame(one: readonly Shown[], other: readonly Shown[]): boolean {
  const all = (shown: readonly Shown[]) => [...shown.map(({ title }) => title), ...steady(shown)];
  return all(one).join("\0") === all(other).join("\0");
}

function isStill(_shown: readonly Shown[], sameMs: number): boolean {
  return sameMs >= stillMs;
}

function steady(shown: readonly Shown[]): string[] {
  return withoutVolatile(shown.map(({ text }) => text));
}

/** Looks until it is enough, or nothing comes of it any more; the last that was seen. */
async function settled(
  look: () => Promise<Shown[]>,
  isEnough: (shown: readonly Shown[], sameMs: number) => boolean,
): Promise<Shown[]> {
  const until = performance.now() + settleMs;
  let before: Shown[] | undefined;
  let since = performance.now();
  for (;;) {
    const shown = await look();
    const now = performance.now();
    if (before === undefined || !isSame(shown, before)) since = now;
    if (isEnough(shown, now - since) || now > until) return shown;
    before = shown;
    await pause(askAgainMs);
  }
}

/** By the first that differs. */
function judged(expected: readonly Shown[], seen: readonly Shown[]): Judged {
  const [expectedTexts, seenTexts] = [steady(expected), steady(seen)];
  const at = expected.findIndex((_, index) => expectedTexts[index] !== seenTexts[index]);
  const isRight = at === -1 && expected.length === seen.length;
  if (isRight) return { isRight, expected: "as it is recorded", seen: "the same" };
  const place = Math.max(at, 0);
  return { isRight, expected: line(expected[place]), seen: line(seen[place]) };
}

function line(shown: Shown | undefined): string {
  return shown === undefined ? "nothing" : `${shown.title}: ${shown.text}`;
}
