import type { ValidationIssue } from "../../errors.ts";
import { chooseFrom } from "../../near-name.ts";
import type { Fault } from "../faults.ts";
import { isPublic, namesWhere, nodeNamed } from "../placement.ts";
import type { Service, Topology, TopologyNode } from "../schema.ts";
import { isTailnetOnly } from "../tailnet-only.ts";

/** What a fault needs of its node: that it routes, advertises, serves, or is behind a router. */
export function needIssues(topology: Topology, fault: Fault): ValidationIssue[] {
  if (!("node" in fault)) return [];
  const node = nodeNamed(topology, fault.node);
  // The lab's own machine, or one whose own issue is told.
  if (node === undefined) return [];
  const unlike = (is: (other: TopologyNode) => boolean, what: string): ValidationIssue[] => {
    if (is(node)) return [];
    const remedy = chooseFrom(fault.node, namesWhere(topology, is), "leave the fault out");
    return [{ where: "node", what: `${fault.node} ${what}`, remedy }];
  };
  switch (fault.kind) {
    case "ip-forwarding-off":
      return unlike(
        (other) => routesOf(other).length > 0,
        "is neither a subnet router nor an exit node",
      );
    case "no-return-route":
      return unlike(
        (other) => routesOf(other).some((route) => !everywhere.includes(route)),
        "is no subnet router",
      );
    case "cgnat-collision":
      return unlike(
        ({ network }) => !isPublic(topology, network),
        "has a public address, and no LAN around it",
      );
    case "route-unapproved":
    case "route-withdrawn":
      if (fault.route === undefined || routesOf(node).length === 0) {
        return unlike((other) => routesOf(other).length > 0, "advertises no route");
      }
      return oneOf(routesOf(node), fault.route, {
        where: "route",
        what: `${fault.node} does not advertise ${fault.route}`,
      });
    case "service-down":
      return oneOf(node.services.map(portOf), fault.port, {
        where: "port",
        what: `${fault.node} has no service on port ${fault.port}`,
      });
    case "service-loopback-only":
      if (node.services.some((each) => portOf(each) === fault.port && isTailnetOnly(each))) {
        return [
          {
            where: "port",
            what: `port ${fault.port} of ${fault.node} listens on loopback as it is: it is published to the tailnet alone`,
            remedy: "take service-down, which leaves nothing behind tailscale serve",
          },
        ];
      }
      return oneOf(node.services.filter(isOverTcp).map(portOf), fault.port, {
        where: "port",
        what: `${fault.node} has no TCP service on port ${fault.port}`,
      });
    default:
      return [];
  }
}

function oneOf<Value>(
  all: readonly Value[],
  value: Value,
  issue: Pick<ValidationIssue, "where" | "what">,
): ValidationIssue[] {
  if (all.includes(value)) return [];
  const remedy = all.length === 0 ? "name another node" : `it has ${[...new Set(all)].join(", ")}`;
  return [{ ...issue, remedy }];
}

/** What an exit node advertises. */
const everywhere: readonly string[] = ["0.0.0.0/0", "::/0"];

function routesOf(node: TopologyNode): readonly string[] {
  if (node.kind !== "tailscale") return [];
  return [...node.advertiseRoutes, ...(node.exitNode ? everywhere : [])];
}

function portOf(service: Service): number {
  return service.kind === "dns" ? 53 : service.port;
}

function isOverTcp({ kind }: Service): boolean {
  return kind === "tcp-echo" || kind === "http";
}
