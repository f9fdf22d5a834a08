import { seenValue } from "../../evidence/observation.ts";
import type { PingBurst } from "../../evidence/observations.ts";
import { type Check, type Look, seen } from "../check.ts";

/** Of small packets far apart; fewer are chance. */
const lossShare = 0.03;
const lossLeast = 2;

/** TL407 packet-loss, TL408 rate-limited: small packets far apart, and large ones close together. */
export const quality: Check = {
  finds: ["TL407", "TL408"],
  step: "path",
  explainedBy: ["TL109", "TL108", "TL204", "TL128"],
  run(look) {
    const { attempts } = look.observations;
    const slow = look.read(attempts?.measured?.slow);
    const fast = look.read(attempts?.measured?.fast);
    // Where none is answered, it is no matter of quality.
    if (slow === undefined || slow.received === 0) return;
    // A machine that is busy may lose some of the one; a link loses of both.
    if ([slow, fast ?? slow].every(isLossy)) tellLoss(look, slow);
    else if (fast !== undefined && isHeldUp(slow, fast)) tellRate(look, slow, fast);
  },
};

function isLossy({ sent, received }: PingBurst): boolean {
  const lost = sent - received;
  return lost >= lossLeast && lost / sent >= lossShare;
}

function isHeldUp(slow: PingBurst, fast: PingBurst): boolean {
  if (fast.received === 0) return false;
  const [calm, busy] = [slow.averageMs ?? 0, fast.averageMs ?? 0];
  return fast.received < 0.9 * fast.sent || (busy > 4 * calm && busy - calm > 50);
}

function tellLoss(look: Look, slow: PingBurst): void {
  const { attempts } = look.observations;
  if (attempts?.measured === undefined) return;
  const { question, peer } = attempts;
  const [relay = "1.1.1.1"] =
    seenValue(look.observations.tailscale.get(question.from)?.netmap)?.relays.flatMap(({ hosts }) =>
      hosts.map(({ hostname }) => hostname),
    ) ?? [];
  const percent = Math.round((100 * (slow.sent - slow.received)) / slow.sent);
  look.found({
    code: "TL407",
    node: question.from,
    involves: involved(look),
    what: `${percent} % of small packets between ${question.from} and ${question.to} and back are lost`,
    seen: [seen(attempts.measured.slow, slow.line)],
    why: "they were 20 ms apart, so no link was full; TCP takes each loss for a full link and slows down",
    fix: [
      "on the network whose link loses them: mend it, as Wi-Fi, a cable, or a line that is full",
      ...[question.from, peer ?? question.to].map(
        (end) => `on ${end}, which tells whether it is its own link: ping -c 100 -i 0.2 ${relay}`,
      ),
    ],
    explains: [`transfers between ${question.from} and ${question.to} are slow, and calls stutter`],
  });
}

function tellRate(look: Look, slow: PingBurst, fast: PingBurst): void {
  const { attempts } = look.observations;
  if (attempts?.measured === undefined) return;
  const { question, peer } = attempts;
  const seconds = (fast.durationMs + (fast.averageMs ?? 0)) / 1000;
  const kbit = Math.round((fast.received * 1228 * 8) / 1000 / seconds);
  look.found({
    code: "TL408",
    node: question.from,
    involves: involved(look),
    what: `the way between ${question.from} and ${question.to} takes about ${kbit} kbit/s`,
    seen: [
      seen(attempts.measured.fast, `${fast.line}; on average ${fast.averageMs} ms`),
      seen(attempts.measured.slow, `${slow.line}; on average ${slow.averageMs} ms`),
    ],
    why: "small packets far apart all pass at once; large ones close together wait or are dropped, as at a link that is full",
    fix: [
      "on the router of the slow one: take its rate limit away, or find who else fills the link",
      `on ${question.from} and on ${peer ?? question.to}: a test of each one's own link to the internet tells which of them it is`,
    ],
    explains: [`transfers between ${question.from} and ${question.to} are slow`],
  });
}

function involved({ observations: { attempts } }: Look): string[] {
  return [attempts?.peer, attempts?.target, attempts?.address].filter((each) => each != null);
}
