import { isTailnetAddress } from "../../evidence/prefix.ts";
import { machineOf } from "../../evidence/where.ts";
import { isHeard, receiverOf } from "../asked.ts";
import { type Check, seen } from "../check.ts";

/** TL120: not even its own subnet router reaches it. */
export const lanHostNotAnswering: Check = {
  finds: ["TL120"],
  step: "way-back",
  explainedBy: ["TL118", "TL111", "TL112", "TL114", "TL405", "TL513"],
  run({ observations, read, found }) {
    const { attempts } = observations;
    if (attempts?.address == null || isTailnetAddress(attempts.address) || isHeard(attempts))
      return;
    const { address, target, question, fromRouter, peer } = attempts;
    const router = receiverOf(observations);
    if (router === undefined || fromRouter?.icmp === undefined || peer === undefined) return;
    const ping = read(fromRouter.icmp);
    const near = read(fromRouter.connect);
    if (ping === undefined || ping.received > 0) return;
    if (near === "connected" || near === "refused") return;
    const host = target === null ? undefined : machineOf(observations, target);
    const addresses = host?.addresses.kind === "seen" ? host.addresses.value : undefined;
    const has = addresses?.flatMap(({ name, addresses: own }) =>
      name === "lo" ? [] : own.map((each) => each.address).filter((each) => !each.includes(":")),
    );
    const isElsewhere = has !== undefined && !has.includes(address);
    found({
      code: "TL120",
      node: target ?? address,
      involves: [question.from, router.machine.name],
      what: `${target ?? address} does not answer its own subnet router, ${router.machine.name}, either`,
      seen: [
        seen(fromRouter.icmp, ping.error ?? "2 packets transmitted, 0 received"),
        ...(fromRouter.connect?.kind === "seen"
          ? [seen(fromRouter.connect, fromRouter.connect.evidence.stderr.trim())]
          : []),
        ...(host !== undefined && isElsewhere
          ? [seen(host.addresses, `${has.join(", ") || "no address"}, and not ${address}`)]
          : []),
      ],
      why: "the tailnet brings the packets as far as the router; the host is off, has another address, or drops them",
      fix: [
        `look whether ${target ?? address} is on, and has this address`,
        `on ${router.machine.name}: ping ${address}`,
      ],
      explains: [`${question.from} can't reach ${target ?? address}`],
    });
  },
};
