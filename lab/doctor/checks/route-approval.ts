import { type Check, seen } from "../check.ts";
import type { Seen } from "../finding.ts";
import { advertisedRoutes, defaults, subnets } from "./routes.ts";

/** TL103 and TL115: advertised, and not approved. */
export const routeApproval: Check = {
  finds: ["TL103", "TL115"],
  step: "route",
  explainedBy: ["TL208"],
  run(look) {
    const all = advertisedRoutes(look);
    for (const { node, id, advertised, approved, by, told } of all) {
      const missing = advertised.filter((route) => !approved.includes(route));
      const lines = (routes: readonly string[]): [Seen, ...Seen[]] => {
        const list = routes.join(", ");
        return told === undefined
          ? [seen(by, `${node} advertises ${list}; approved: ${approved.join(", ") || "none"}`)]
          : [
              seen(by, `"AdvertiseRoutes": ${list}`),
              seen(told, `"AllowedIPs" of no peer have ${list}`),
            ];
      };
      // Without control's own word it is one or the other.
      const isSure = told === undefined;
      const orHidden = isSure ? "" : ", or the policy hides it";
      const approve = (routes: readonly string[]): string[] => {
        const known = approved.filter((each) => advertised.includes(each));
        const command = `headscale nodes approve-routes -i ${id} -r ${[...known, ...routes].join(",")}`;
        if (isSure) return [`on control: ${command}`];
        return [
          "on control, which tells whether it is approved, and the ID: headscale nodes list-routes",
          `on control: ${command}`,
          `on control, where it is: let the policy have a rule with ${routes.join(", ")} as "dst"`,
        ];
      };
      const routes = subnets(missing);
      if (routes.length > 0) {
        look.found({
          code: "TL103",
          node,
          what: `control has not approved ${routes.join(", ")} of ${node}${orHidden}`,
          seen: lines(routes),
          why: `control hands a route to other nodes only when it is approved, by hand or by the policy's autoApprovers${isSure ? "" : hides}`,
          fix: approve(routes),
          explains: routes.map((route) => {
            const other = all.find(
              (each) => each.approved.includes(route) && each.advertised.includes(route),
            );
            return other === undefined
              ? `no node has a route to ${route}`
              : `${node} does not stand in for ${other.node} where that is gone`;
          }),
        });
      }
      if (defaults(missing).length > 0) {
        look.found({
          code: "TL115",
          node,
          what: `control has not approved ${node} as an exit node${orHidden}`,
          seen: lines(defaults(missing)),
          why: `an exit node advertises 0.0.0.0/0 and ::/0; nobody can choose it until they are approved${isSure ? "" : hides}`,
          fix: approve(["0.0.0.0/0", "::/0"]),
          explains: [`nobody can use ${node} as exit node`],
        });
      }
    }
  },
};

const hides = "; nor does it hand it to a node which the policy lets use nothing of it";
