import { covers, isPrivate, isTailnetAddress } from "../../evidence/prefix.ts";
import { exitNodeOf, machineOf, ownPrefixes, serverOf } from "../../evidence/where.ts";
import { advertisersOf, works } from "../asked.ts";
import { type Check, type Look, seen } from "../check.ts";
import { advertisedRoutes, subnets } from "./routes.ts";

/** TL102: approved and no longer advertised; or asked for, and nobody has it. */
export const routeNotAdvertised: Check = {
  finds: ["TL102"],
  step: "route",
  explainedBy: ["TL118", "TL119", "TL207", "TL208", "TL101", "TL513"],
  run(look) {
    const withdrawn = findWithdrawn(look);
    if (!withdrawn) findMissing(look);
  },
};

function findWithdrawn(look: Look): boolean {
  const registry = look.observations.control?.nodes;
  let isFound = false;
  // What is approved control alone tells, node by node.
  const all = advertisedRoutes(look).filter(({ by }) => by === registry);
  for (const { node, advertised, approved, by } of all) {
    const gone = subnets(approved).filter(
      (route) =>
        !advertised.includes(route) && !all.some((other) => other.advertised.includes(route)),
    );
    if (gone.length === 0) continue;
    isFound = true;
    look.found({
      code: "TL102",
      node,
      what: `${node} does not advertise ${gone.join(", ")}, which control has approved`,
      seen: [
        seen(
          by,
          `${node} is approved for ${gone.join(", ")}, and advertises ${advertised.join(", ") || "none"}`,
        ),
      ],
      why: "a route is served by a node that advertises it: without one, packets to it do not enter the tunnel",
      fix: [
        `on ${node}: tailscale set --advertise-routes=${[...subnets(advertised), ...gone].join(",")}`,
      ],
      explains: [`no node has a route to ${gone.join(", ")}`],
    });
  }
  return isFound;
}

function findMissing({ observations, read, found }: Look): void {
  const { attempts } = observations;
  if (attempts?.address == null || works(attempts) !== false) return;
  const { question, address, target } = attempts;
  const own = observations.tailscale.get(question.from);
  if (own === undefined || isTailnetAddress(address)) return;
  const [status, interfaces] = [read(own.status), read(own.addresses)];
  if (status === undefined || interfaces === undefined || status.backendState !== "Running") return;
  const isNeighbour = ownPrefixes(own).some(({ prefix }) => covers(prefix, address));
  const isServed = serverOf(own, address) ?? exitNodeOf(own);
  if (isNeighbour || isServed !== undefined || advertisersOf(observations, address).length > 0)
    return;
  // A public address needs no route of the tailnet.
  if (!isPrivate(address)) return;
  const sees = target === null ? undefined : machineOf(observations, target);
  found({
    code: "TL102",
    node: target ?? address,
    involves: [question.from],
    what: `no node of the tailnet advertises a route to ${address}`,
    seen: [seen(own.status, `no peer's "PrimaryRoutes" has ${address}`)],
    why: "a machine without Tailscale is reached by a subnet router in its LAN, which advertises the LAN's prefix",
    fix: [
      `on a node in the LAN of ${sees?.machine.name ?? address}: tailscale set --advertise-routes=PREFIX`,
      "on control: headscale nodes approve-routes -i ID -r PREFIX",
    ],
    explains: [`${question.from} can't reach ${address}`],
  });
}
