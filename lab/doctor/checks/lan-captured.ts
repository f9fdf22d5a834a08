import { routeOf } from "../../evidence/ip.ts";
import { covers, isDefault } from "../../evidence/prefix.ts";
import { isTunnel, ownPrefixes } from "../../evidence/where.ts";
import { works } from "../asked.ts";
import { type Check, seen } from "../check.ts";

/** TL105: a route of table 52, which goes before the main table, over a LAN of the node's own. */
export const lanCaptured: Check = {
  finds: ["TL105"],
  step: "route",
  explainedBy: [],
  run({ observations, read, found }) {
    const { attempts } = observations;
    for (const node of observations.tailscale.values()) {
      // Who is answered in spite of it takes a detour: TL406.
      if (attempts?.question.from === node.machine.name && works(attempts) === true) continue;
      const [rules, routes] = [read(node.rules), read(node.routes)];
      if (routes === undefined || read(node.addresses) === undefined) continue;
      // Somebody has led it past table 52, as this finding tells to.
      const isSpared = (destination: string) => {
        const taken = rules && routeOf(rules, routes, { destination });
        return taken?.route !== undefined && !isTunnel(taken.route.device);
      };
      // An exit node takes the LAN with it unless that is allowed: that is another matter, and meant.
      const served = read(node.status)?.peers.flatMap((peer) => peer.routes) ?? [];
      const captured = routes.find(
        ({ table, type, prefix, device }) =>
          table === "52" &&
          type === "unicast" &&
          isTunnel(device) &&
          !isDefault(prefix) &&
          served.includes(prefix) &&
          ownPrefixes(node).some(
            (own) => own.length < 32 && covers(prefix, own.prefix) && !isSpared(own.prefix),
          ),
      );
      if (captured === undefined) continue;
      const { name } = node.machine;
      // What an end exchanges with others does not go by its LAN's addresses.
      const isEnd = name === attempts?.question.from || name === attempts?.target;
      if (isEnd && attempts?.address != null && !covers(captured.prefix, attempts.address))
        continue;
      const own = ownPrefixes(node).find((each) => covers(captured.prefix, each.prefix));
      found({
        code: "TL105",
        node: name,
        what: `a route of the tailnet, ${captured.prefix}, covers the LAN in which ${name} is`,
        seen: [
          seen(node.routes, `${captured.prefix} dev ${captured.device} table 52`),
          seen(node.addresses, `${own?.prefix} dev ${own?.device}`),
        ],
        why: "table 52 goes before the main table: what is meant for neighbours goes through the tailnet",
        fix: [
          `on ${name}: ip rule add to ${captured.prefix} priority 2500 lookup main`,
          `on ${name}, else: tailscale set --accept-routes=false`,
        ],
        explains: [`${name} does not reach the machines of its own LAN`],
      });
    }
  },
};
