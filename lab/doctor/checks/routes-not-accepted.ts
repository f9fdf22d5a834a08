import { isTailnetAddress } from "../../evidence/prefix.ts";
import { serverOf } from "../../evidence/where.ts";
import { works } from "../asked.ts";
import { type Check, seenLine } from "../check.ts";

/** TL104 */
export const routesNotAccepted: Check = {
  finds: ["TL104"],
  step: "route",
  explainedBy: ["TL116"],
  run({ observations, read, found }) {
    const { attempts } = observations;
    if (attempts?.address == null || works(attempts) === true) return;
    const { question, address } = attempts;
    const own = observations.tailscale.get(question.from);
    if (own === undefined || isTailnetAddress(address)) return;
    const prefs = read(own.prefs);
    if (read(own.status) === undefined || prefs === undefined || prefs.acceptsRoutes) return;
    const server = serverOf(own, address);
    if (server === undefined) return;
    found({
      code: "TL104",
      node: question.from,
      involves: [server.name],
      what: `${question.from} does not accept routes, and ${server.name} serves ${server.prefix}`,
      seen: [
        seenLine(own.prefs, /"RouteAll"/, '"RouteAll": false'),
        seenLine(
          own.status,
          new RegExp(`"${server.prefix.replace(/[.]/g, "\\.")}"`),
          server.prefix,
        ),
      ],
      why: "on Linux the routes of subnet routers are used only with --accept-routes: table 52 does not have this one",
      fix: [`on ${question.from}: tailscale set --accept-routes`],
      explains: [`${question.from} can't reach ${address}`],
    });
  },
};
