import { type Check, seen, seenLine } from "../check.ts";
import { hasUdp, natOf, relayedPair, shareIpv6, switchesOf } from "../paths.ts";

/** TL410 direct-path-cut: nothing stands against a direct path, and there is none. */
export const directPath: Check = {
  finds: ["TL410"],
  step: "path",
  explainedBy: ["TL402", "TL404", "TL411", "TL109"],
  run(look) {
    const pair = relayedPair(look);
    if (pair === undefined) return;
    const { from, to, pong, isPatient } = pair;
    const [near, far] = [natOf(from), natOf(to)];
    const isPossible =
      near === "none" ||
      far === "none" ||
      (near === "easy" && far === "easy") ||
      shareIpv6(from, to);
    if (!isPossible || !isPatient || hasUdp(from) !== true || hasUdp(to) !== true) return;
    if (switchesOf(from).length + switchesOf(to).length > 0) return;
    const [a, b] = [from.machine.name, to.machine.name];
    const { attempts } = look.observations;
    const pings = attempts?.measured?.disco;
    look.found({
      code: "TL410",
      node: a,
      involves: [b],
      what: `UDP between ${a} and ${b} is lost, though each of them has UDP elsewhere`,
      seen: [
        pings === undefined
          ? { node: a, command: `tailscale ping ${b}`, line: `via DERP(${pong.via})` }
          : seen(
              pings,
              `via DERP(${pong.via}) in ${pong.latencyMs}ms; direct connection not established`,
            ),
        seenLine(from.netcheck, /"UDP"/, '"UDP": true'),
        seenLine(to.netcheck, /"UDP"/, '"UDP": true'),
      ],
      why: `both are answered by STUN and ${words(near)} meets ${words(far)}, which allows a direct path; in 8 pings more none was found, so packets between the two are dropped`,
      fix: [
        `on ${a}: tcpdump -ni any udp port 41641, while on ${b}: tailscale ping ${a}`,
        `on the firewalls of both: let UDP from and to port 41641 pass`,
      ],
      explains: [`${a} to ${b} goes by relay ${pong.via}`],
    });
  },
};

function words(nat: string | undefined): string {
  return nat === "none" ? "no NAT" : `${nat === "hard" ? "a hard" : "an easy"} NAT`;
}
