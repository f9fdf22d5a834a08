import { covers, isDefault, sharedRange } from "../../evidence/prefix.ts";
import { isTunnel, ownPrefixes } from "../../evidence/where.ts";
import { type Check, seen } from "../check.ts";

/** TL110: 100.64.0.0/10 on an interface, or a route into it, that is not the tailnet's. */
export const cgnatCollision: Check = {
  finds: ["TL110"],
  step: "route",
  explainedBy: [],
  run({ observations, read, found }) {
    for (const node of observations.tailscale.values()) {
      if (read(node.addresses) === undefined) continue;
      const own = ownPrefixes(node).find(({ prefix }) => covers(sharedRange, prefix));
      const route = read(node.routes)?.find(
        ({ prefix, device, table, type }) =>
          !isTunnel(device) &&
          !["52", "local"].includes(table) &&
          type === "unicast" &&
          !isDefault(prefix) &&
          covers(sharedRange, prefix),
      );
      if (own === undefined && route === undefined) continue;
      const { name } = node.machine;
      found({
        code: "TL110",
        node: name,
        what: `a network of ${name} has addresses of 100.64.0.0/10, the tailnet's range`,
        seen: [
          own === undefined
            ? seen(node.routes, `${route?.prefix} dev ${route?.device}`)
            : seen(node.addresses, `${own.prefix} dev ${own.device}`),
        ],
        why: "one address has two meanings: packets go to the wrong network, and Tailscale drops what comes from that range by another interface",
        fix: [
          `give the network of ${own?.device ?? route?.device} addresses of another range than 100.64.0.0/10`,
          `on ${name}, else, which gives up the protection against forged addresses: tailscale set --netfilter-mode=off`,
        ],
        explains: [`${name} does not reach nodes with such addresses, nor its own network`],
      });
    }
  },
};
