import { type Check, seen } from "../check.ts";
import type { Seen } from "../finding.ts";
import { advertisedRoutes, defaults, subnets } from "./routes.ts";

/** TL103 and TL115: advertised, and not approved. */
export const routeApproval: Check = {
  finds: ["TL103", "TL115"],
  step: "route",
  explainedBy: ["TL208"],
  run(look) {
    for (const { node, id, advertised, approved, by, told } of advertisedRoutes(look)) {
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
      const orHidden =
        told === undefined ? "" : "; a policy that lets nobody use it hides it from them too";
      const routes = subnets(missing);
      if (routes.length > 0) {
        look.found({
          code: "TL103",
          node,
          what: `control has not approved ${routes.join(", ")} of ${node}`,
          seen: lines(routes),
          why: `control hands a route to other nodes only when it is approved, by hand or by the policy's autoApprovers${orHidden}`,
          fix: [
            `on control: headscale nodes approve-routes -i ${id} -r ${[...approved.filter((each) => advertised.includes(each)), ...routes].join(",")}`,
          ],
          explains: [`no node has a route to ${routes.join(", ")}`],
        });
      }
      if (defaults(missing).length > 0) {
        look.found({
          code: "TL115",
          node,
          what: `control has not approved ${node} as an exit node`,
          seen: lines(defaults(missing)),
          why: `an exit node advertises 0.0.0.0/0 and ::/0; nobody can choose it until they are approved${orHidden}`,
          fix: [
            `on control: headscale nodes approve-routes -i ${id} -r ${[...approved.filter((each) => advertised.includes(each)), "0.0.0.0/0", "::/0"].join(",")}`,
          ],
          explains: [`nobody can use ${node} as exit node`],
        });
      }
    }
  },
};
