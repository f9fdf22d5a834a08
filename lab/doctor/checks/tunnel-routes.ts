import { covers, isTailnetAddress } from "../../evidence/prefix.ts";
import { type Check, seen } from "../check.ts";

/** TL124: the tunnel is there, and the routes or rules that lead packets into it are not. */
export const tunnelRoutes: Check = {
  finds: ["TL124"],
  step: "route",
  explainedBy: ["TL118", "TL119", "TL206", "TL207", "TL210"],
  run({ observations, read, found }) {
    for (const { machine, status, addresses, routes, rules } of observations.tailscale.values()) {
      const own = read(status);
      const interfaces = read(addresses) ?? [];
      const [all, policies] = [read(routes), read(rules)];
      const tunnel = interfaces.find(({ name }) => name.startsWith("tailscale"));
      if (own?.backendState !== "Running" || tunnel === undefined) continue;
      if (all === undefined || policies === undefined) continue;
      const peers = own.peers.flatMap((peer) =>
        peer.addresses.filter((each) => each.includes(".") && isTailnetAddress(each)),
      );
      if (peers.length === 0) continue;
      const into = all.filter(
        ({ device, prefix }) =>
          device.startsWith("tailscale") && peers.some((peer) => covers(prefix, peer)),
      );
      const hasRoute = into.length > 0;
      const hasRule =
        policies.some(({ table }) => table === "52") || into.some(({ table }) => table === "main");
      if (hasRoute && hasRule) continue;
      const { name } = machine;
      const what = tunnel.isUp
        ? `the ${hasRoute ? "rules" : "routes"} of ${name} that lead into the tunnel are gone`
        : `the tunnel's interface ${tunnel.name} of ${name} is down, and its routes are gone with it`;
      found({
        code: "TL124",
        node: name,
        what,
        seen: [
          hasRoute
            ? seen(rules, "no rule looks up table 52")
            : seen(routes, "no route of table 52 leads to a peer"),
          ...(tunnel.isUp
            ? []
            : [seen(addresses, `"ifname": "${tunnel.name}", without the flag UP`)]),
        ],
        why: "tailscaled sets them when it comes up; somebody, or whatever manages the network has removed them since, as systemd-networkd does with what it takes for foreign",
        fix: [
          `on ${name}: systemctl restart tailscaled`,
          `on ${name}, where systemd-networkd runs: ManageForeignRoutes=no and ManageForeignRoutingPolicyRules=no in networkd.conf`,
        ],
        explains: [`${name} reaches no node by the tailnet, and no MagicDNS`],
      });
    }
  },
};
