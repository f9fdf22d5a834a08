import type { TailscaleObservations } from "../../evidence/observations.ts";
import { isDefault } from "../../evidence/prefix.ts";
import { namesRoutes } from "../../running/headscale.ts";
import type { Look } from "../check.ts";

/** What a node advertises and what control has approved of it, from control, else from itself. */
export interface Advertised {
  node: string;
  /** Headscale's number of it; `ID` where control is not at hand. */
  id: string;
  advertised: readonly string[];
  approved: readonly string[];
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
  const peers = [...tailscale.values()].flatMap(({ netmap }) => read(netmap)?.peers ?? []);
  // Of two routers with one route, one alone serves it.
  const served = peers.flatMap(({ allowedIps }) => allowedIps);
  return [...tailscale.values()].flatMap(({ machine, prefs }) => {
    const own = read(prefs);
    if (own === undefined || !peers.some(({ hostname }) => hostname === own.hostname)) return [];
    return [
      {
        node: machine.name,
        id: "ID",
        advertised: own.advertisedRoutes,
        approved: served,
        by: prefs,
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
