import { covers, isTailnetAddress } from "../../evidence/prefix.ts";
import { serverOf } from "../../evidence/where.ts";
import { works } from "../asked.ts";
import { type Check, seenLine } from "../check.ts";
import { advertisedRoutes, subnets } from "./routes.ts";

/** TL104 */
export const routesNotAccepted: Check = {
  finds: ["TL104"],
  step: "route",
  explainedBy: ["TL116"],
  run(look) {
    const { observations, read, found } = look;
    const { attempts } = observations;
    if (attempts?.address == null || works(attempts) === true) return;
    const { question, address } = attempts;
    const own = observations.tailscale.get(question.from);
    if (own === undefined || isTailnetAddress(address)) return;
    const prefs = read(own.prefs);
    if (read(own.status) === undefined || prefs === undefined || prefs.acceptsRoutes) return;
    const server = serverOf(own, address);
    const advertised = advertisedRoutes(look)
      .filter(({ node }) => node !== question.from)
      .flatMap(({ node, advertised, by }) => {
        const prefix = subnets(advertised).find((route) => covers(route, address));
        return prefix === undefined ? [] : [{ name: node, prefix, by }];
      });
    // One that is not approved yet would not be used either.
    const router = server === undefined ? advertised[0] : { ...server, by: own.status };
    if (router === undefined) return;
    const { name, prefix, by } = router;
    found({
      code: "TL104",
      node: question.from,
      involves: [name],
      what: `${question.from} does not accept routes, and ${name} ${server === undefined ? "advertises" : "serves"} ${prefix}`,
      seen: [
        seenLine(own.prefs, /"RouteAll"/, '"RouteAll": false'),
        seenLine(by, `"${prefix}"`, prefix),
      ],
      why: "on Linux the routes of subnet routers are used only with --accept-routes: table 52 does not have this one",
      fix: [`on ${question.from}: tailscale set --accept-routes`],
      explains: [`${question.from} can't reach ${address}`],
    });
  },
};
