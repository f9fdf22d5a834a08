import { covers } from "../../evidence/prefix.ts";
import { type Check, seen } from "../check.ts";

/** TL122: the machine itself has no route to any relay. */
export const noDefaultRoute: Check = {
  finds: ["TL122"],
  step: "machine",
  explainedBy: ["TL118"],
  run({ observations, read, found }) {
    for (const { machine, netmap, routes, addresses } of observations.tailscale.values()) {
      const relays = read(netmap)?.relays.flatMap(({ hosts }) => hosts) ?? [];
      const known = relays.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]).filter((each) => each !== "");
      const all = read(routes);
      if (all === undefined || known.length === 0) continue;
      const out = all.filter(({ table, type }) => table === "main" && type === "unicast");
      if (known.some((address) => out.some(({ prefix }) => covers(prefix, address)))) continue;
      const { name } = machine;
      const down = (read(addresses) ?? []).filter(
        (each) => !each.isUp && !/^(?:lo|tailscale)/.test(each.name),
      );
      const [first] = down;
      found({
        code: "TL122",
        node: name,
        what:
          first === undefined
            ? `${name} has no route to the internet`
            : `${name} has no route to the internet, and its interface ${first.name} is down`,
        seen: [
          seen(routes, "no default route in table main"),
          ...down.map((each) => seen(addresses, `"ifname": "${each.name}", without the flag UP`)),
        ],
        why: "nothing leaves the machine but to its own networks: not to control, not to relays or resolvers",
        fix: [
          ...down.map((each) => `on ${name}: ip link set ${each.name} up`),
          `on ${name}${first === undefined ? "" : ", where none comes with it"}: ip route add default via ADDRESS-OF-ITS-ROUTER`,
        ],
        explains: [`${name} reaches nobody by the tailnet, and no resolver`],
      });
    }
  },
};
