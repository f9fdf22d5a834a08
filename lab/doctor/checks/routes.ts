import type { TailscaleObservations } from "../../evidence/observations.ts";
import { isDefault } from "../../evidence/prefix.ts";
import { tailnetAddresses } from "../../evidence/where.ts";
import { namesRoutes } from "../../running/headscale.ts";
import type { Look } from "../check.ts";

/** What a node advertises and what control has approved of it, from control, else from itself. */
export interface Advertised {
  node: string;
  /** Headscale's number of it; `ID` where control is not at hand. */
  id: string;
  advertised: readonly string[];
  approved: readonly string[];
  /** A peer's netmap, where control is not at hand: what it is not told of may also be hidden by the policy. */
  told?: TailscaleObservations["netmap"];
}

export function advertisedRoutes({ observations, read }: Look): (Advertised & {
  by: TailscaleObservations["prefs"] | NonNullable<typeof observations.control>["nodes"];
})[] {
  const { control, tailscale } = observations;
  const registry = control === undefined ? undefined : read(control.nodes);
  const isTold = registry !== undefined && (namesRoutes(registry) || !hasAdvertiser(tailscale));
  if (control !== undefined && isTold) {
    return registry.map((node) => ({
      node: node.name,
      id: node.id,
      advertised: node.advertisedRoutes,
      approved: node.approvedRoutes,
      by: control.nodes,
    }));
  }
  // A node's own netmap does not say what is approved of it; those of its peers do.
  const told = [...tailscale.values()].flatMap(({ netmap }) =>
    (read(netmap)?.peers ?? []).map((peer) => ({ ...peer, netmap })),
  );
  // Of two routers with one route, one alone serves it.
  const served = told.flatMap(({ allowedIps, addresses }) =>
    allowedIps.filter((route) => !addresses.includes(route.replace(/\/\d+$/, ""))),
  );
  return [...tailscale.values()].flatMap(({ machine, prefs }) => {
    const own = read(prefs);
    const addresses = tailnetAddresses(observations, machine.name);
    const peer = told.find((each) => each.addresses.some((one) => addresses.includes(one)));
    if (own === undefined || peer === undefined) return [];
    return [
      {
        node: machine.name,
        id: "ID",
        advertised: own.advertisedRoutes,
        approved: [...new Set(served)],
        by: prefs,
        told: peer.netmap,
      },
    ];
  });
}

/** Whether a node that is connected advertises routes: control knows of these. */
function hasAdvertiser(tailscale: Look["observations"]["tailscale"]): boolean {
  return [...tailscale.values()].some(
    ({ status, prefs }) =>
      status.kind === "seen" &&
      status.value.self?.online === true &&
      prefs.kind === "seen" &&
      prefs.value.advertisedRoutes.length > 0,
  );
}

export function subnets(routes: readonly string[]): string[] {
  return routes.filter((route) => !isDefault(route));
}

export function defaults(routes: readonly string[]): string[] {
  return routes.filter(isDefault);
}
