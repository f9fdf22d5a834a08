import { type Check, seenLine } from "../check.ts";

/** TL402 udp-blocked: no relay answers by STUN, though it does by TCP. */
export const udp: Check = {
  finds: ["TL402"],
  step: "path",
  explainedBy: ["TL130", "TL308", "TL304", "TL108"],
  run(look) {
    for (const [name, { netcheck, relayProbes }] of look.observations.tailscale) {
      if (netcheck.kind === "unseen" && netcheck.isDown) continue;
      const network = look.read(netcheck);
      const reached = (look.read(relayProbes) ?? []).find(({ https }) => https.exitCode === 0);
      if (network === undefined || network.udp || reached === undefined) continue;
      // Others get an answer to STUN; where nobody does, the relays may have none.
      const nodes = [...look.observations.tailscale.values()];
      const isAlone = !nodes.some((other) =>
        other.netcheck.kind === "seen"
          ? other.netcheck.value.udp
          : other.netcheck.isUnasked === true,
      );
      look.found({
        code: "TL402",
        node: name,
        what: `UDP does not pass from ${name} to the internet`,
        seen: [
          seenLine(netcheck, /"UDP"/, '"UDP": false'),
          {
            node: name,
            command: `curl -m 4 https://${reached.host}/generate_204`,
            line: reached.https.text,
          },
        ],
        why: `the relays answer ${name}'s TCP, and none its STUN, which is UDP${
          isAlone ? "; no node gets an answer to STUN, so it may be the relays that have none" : ""
        }`,
        fix: [
          `on ${name}'s network: let UDP out, at least to port 3478 and from port 41641, and the answers in`,
          `on ${name}: tailscale netcheck`,
        ],
        explains: [`${name} reaches its peers by relay alone`],
      });
    }
  },
};
