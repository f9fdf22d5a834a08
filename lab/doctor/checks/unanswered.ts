import { works } from "../asked.ts";
import type { Check } from "../check.ts";
import { lostAt } from "../lost.ts";

/** TL132 request-unanswered: it was seen to arrive, and the kernel of who got it sends nothing back. */
export const unanswered: Check = {
  finds: ["TL132"],
  step: "host-firewall",
  explainedBy: ["TL114", "TL124"],
  run({ observations, read, found }) {
    const { attempts } = observations;
    if (attempts?.listened === undefined || works(attempts) === true) return;
    for (const each of attempts.listened.packets.values()) read(each);
    const { question } = attempts;
    const lost = lostAt(observations);
    // A program need not answer a datagram; of TCP, and of pings, the kernel does.
    const isKernels = question.port === undefined || question.protocol === "tcp";
    if (lost?.next !== "answer-sent" || !isKernels) return;
    const { machine } = lost;
    found({
      code: "TL132",
      node: machine,
      involves: [question.from],
      isGuess: true,
      what: `the request (${lost.what}) arrives at ${machine}, and ${machine} does not answer it`,
      seen: lost.seen,
      why: "the tailnet has done its part; something on the machine drops the packet after tcpdump has seen it, and before the program, or the answer before it leaves",
      fix: [
        `on ${machine}: nft list ruleset; iptables-save; nstat -asz | grep -i -e drop -e filter`,
        `on ${machine}: ss -ltn; sysctl -a -r 'echo_ignore|rp_filter'`,
      ],
      explains: [`${question.from} gets no answer of ${machine}`],
    });
  },
};
