import { type Check, type Look, seen, seenLine } from "../check.ts";
import type { Finding } from "../finding.ts";
import {
  hasUdp,
  natOf,
  publicAddressOf,
  type RelayedPair,
  relayedPair,
  shareIpv6,
  switchesOf,
} from "../paths.ts";
import { peerRelay } from "../peer-relay.ts";

/** TL410 direct-path-cut, TL412 no-hairpinning: nothing at the two ends stands against a direct path, and there is none. */
export const directPath: Check = {
  finds: ["TL410", "TL412"],
  step: "path",
  explainedBy: ["TL402", "TL404", "TL411", "TL109"],
  run(look) {
    const pair = relayedPair(look);
    if (pair === undefined) return;
    const { from, to, via, isPatient } = pair;
    const [near, far] = [natOf(from), natOf(to)];
    const isPossible =
      near === "none" ||
      far === "none" ||
      (near === "easy" && far === "easy") ||
      shareIpv6(from, to);
    if (!isPossible || !isPatient || hasUdp(from) !== true || hasUdp(to) !== true) return;
    if (switchesOf(from).length + switchesOf(to).length > 0) return;
    const [a, b] = [from.machine.name, to.machine.name];
    const address = publicAddressOf(from);
    const isOneRouter =
      near === "easy" && far === "easy" && address !== "" && address === publicAddressOf(to);
    look.found({
      node: a,
      involves: [b],
      explains: [`${a} to ${b} goes by relay ${via}`],
      ...(isOneRouter
        ? oneRouter(look, pair, address)
        : cut(look, pair, `${words(near)} meets ${words(far)}`)),
    });
  },
};

type Told = Omit<Finding, "node" | "involves" | "explains">;

function cut(look: Look, pair: RelayedPair, meeting: string): Told {
  const { from, to } = pair;
  const [a, b] = [from.machine.name, to.machine.name];
  return {
    code: "TL410",
    what: `UDP between ${a} and ${b} is lost, though each of them has UDP elsewhere`,
    seen: [
      pingsSeen(look, pair),
      seenLine(from.netcheck, /"UDP"/, '"UDP": true'),
      seenLine(to.netcheck, /"UDP"/, '"UDP": true'),
    ],
    why: `both are answered by STUN and ${meeting}, which allows a direct path; in 8 pings more none was found, so packets between the two are dropped`,
    fix: [
      "on the firewalls of both networks: let UDP from and to port 41641 pass",
      `on ${a}, while ${b} runs \`tailscale ping ${a}\`: tcpdump -ni any udp port 41641`,
    ],
  };
}

function oneRouter(look: Look, pair: RelayedPair, address: string): Told {
  const { from, to } = pair;
  const [a, b] = [from.machine.name, to.machine.name];
  return {
    code: "TL412",
    what: `${a} and ${b} are both behind ${address}, whose router sends nothing back to its own side`,
    seen: [
      pingsSeen(look, pair),
      seenLine(from.netcheck, /"GlobalV4":/, `"GlobalV4": "${address}"`),
      seenLine(to.netcheck, /"GlobalV4":/, `"GlobalV4": "${address}"`),
    ],
    why: `each knows the other by the one address of both, and in 8 pings more no packet came back from there, nor by the addresses of their own networks; both NATs are easy, so elsewhere they have direct paths`,
    fix: [
      ...peerRelay("a node outside of the two networks"),
      `on the router of ${address}: switch NAT loopback (hairpinning) on, where it is yours`,
      "on both networks, else: IPv6",
    ],
  };
}

function pingsSeen(look: Look, { via, latencyMs, seen: first }: RelayedPair) {
  const pings = look.observations.attempts?.measured?.disco;
  return pings === undefined
    ? first
    : seen(pings, `via DERP(${via}) in ${latencyMs}ms; direct connection not established`);
}

function words(nat: string | undefined): string {
  return nat === "none" ? "no NAT" : `${nat === "hard" ? "a hard" : "an easy"} NAT`;
}
