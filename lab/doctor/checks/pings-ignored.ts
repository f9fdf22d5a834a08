import { machineOf } from "../../evidence/where.ts";
import { isHeard } from "../asked.ts";
import { type Check, seen, seenLine } from "../check.ts";
import { lostAt } from "../lost.ts";

/** TL131 pings-ignored: nothing but pings was asked for, and the target's kernel is told to answer none. */
export const pingsIgnored: Check = {
  finds: ["TL131"],
  step: "host-firewall",
  explainedBy: ["TL118"],
  run({ observations, read, found }) {
    const { attempts } = observations;
    if (attempts?.address == null || attempts.target === null || isHeard(attempts)) return;
    const { question, target, address, icmp } = attempts;
    if (question.port !== undefined || icmp?.kind !== "seen") return;
    const machine = machineOf(observations, target);
    const sysctls = machine === undefined ? undefined : read(machine.sysctls);
    if (machine === undefined || sysctls === undefined) return;
    const name = address.includes(":")
      ? "net.ipv6.icmp.echo_ignore_all"
      : "net.ipv4.icmp_echo_ignore_all";
    if (sysctls.get(name) !== "1") return;
    const lost = lostAt(observations);
    // Where it never arrived, that is the first cause.
    if (lost?.next !== undefined && lost.next !== "answer-sent") return;
    found({
      code: "TL131",
      node: target,
      involves: [question.from],
      isReason: true,
      what: `${target} answers no pings`,
      seen: [
        seenLine(machine.sysctls, `${name} = 1`, `${name} = 1`),
        ...(lost?.next === undefined
          ? [seen(icmp, "2 packets transmitted, 0 received")]
          : lost.seen),
      ],
      why: "its kernel is told to ignore every echo request; connections are no matter of it",
      fix: [
        `on ${target}: sysctl -w ${name}=0`,
        `ask for a port, as that is what matters: tailnet-lab doctor ${question.from} ${question.to}:PORT`,
      ],
      explains: [`${question.from} gets no answer to its pings of ${target}`],
    });
  },
};
