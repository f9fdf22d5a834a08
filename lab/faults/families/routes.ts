import { parse } from "jsonc-parser";
import { LabError } from "../../errors.ts";
import { covers, isDefault } from "../../evidence/prefix.ts";
import { program } from "../../plan/programs.ts";
import { type HeadscaleNode, nodeOf } from "../../running/headscale.ts";
import { getPolicy } from "../../running/policy.ts";
import type { RunningLab } from "../../running/running-lab.ts";
import { type FaultKind, lasting } from "../fault-kind.ts";
import { headscaleSetting, policySetting, preference, script } from "../settings.ts";
import type { SettingStep } from "../step.ts";

export const routeFaults: readonly FaultKind[] = [
  lasting({
    kind: "accept-routes-off",
    targets: ["node"],
    needs: "a node with Tailscale",
    example: "accept-routes-off laptop",
    steps: (_, { node }) => [
      preference(node, "accept-routes", {
        read: ".RouteAll",
        set: '--accept-routes="$value"',
        value: "false",
      }),
    ],
  }),
  lasting({
    kind: "route-unapproved",
    targets: ["node", "route"],
    needs: "a node with an approved route",
    example: "route-unapproved router 10.20.0.0/24",
    async steps(lab, { node, route }) {
      const { id, approvedRoutes } = await known(lab, node, route, "approvedRoutes");
      const gone = route === undefined ? approvedRoutes : together(route, approvedRoutes);
      const select = `jq -r '.[] | select(.id == ${id}) | .approved_routes // [] | join(",")'`;
      return [
        ...(await withoutApprovers(lab, gone)),
        headscaleSetting(`approved routes of ${id}`, {
          read: `headscale nodes list -o json | ${select}`,
          write: `headscale nodes approve-routes -i ${id} -r "$(cat)" > /dev/null`,
          value: without(route, approvedRoutes),
        }),
      ];
    },
  }),
  lasting({
    kind: "route-withdrawn",
    targets: ["node", "route"],
    needs: "a node that advertises a route",
    example: "route-withdrawn router 10.20.0.0/24",
    async steps(lab, { node, route }) {
      const { advertisedRoutes } = await known(lab, node, route, "advertisedRoutes");
      return [
        preference(node, "advertise-routes", {
          read: '.AdvertiseRoutes // [] | join(",")',
          // `tailscale set` takes the exit node's routes by a flag of their own.
          set: `--advertise-exit-node="$(grep -q "0.0.0.0/0" <<< "$value" && echo true || echo false)" \\
  --advertise-routes="$(tr , '\\n' <<< "$value" | grep -vxE '0\\.0\\.0\\.0/0|::/0|' | paste -sd, -)"`,
          value: without(route, advertisedRoutes),
        }),
      ];
    },
  }),
];

/** As Headscale knows the node, which has the route. */
async function known(
  lab: RunningLab,
  node: string,
  route: string | undefined,
  list: "approvedRoutes" | "advertisedRoutes",
): Promise<HeadscaleNode> {
  const found = await nodeOf(lab, node);
  const routes = found[list];
  if (route === undefined ? routes.length > 0 : routes.includes(route)) return found;
  const what = list === "approvedRoutes" ? "has no approved route" : "advertises no route";
  throw new LabError("UsageInvalid", `${node} ${what}${route === undefined ? "" : ` ${route}`}`, {
    where: route === undefined ? "node" : "route",
    remedy: routes.length === 0 ? "name a subnet router" : `it has ${routes.join(", ")}`,
  });
}

/** The list without one route, or without all. Those of an exit node belong together. */
function without(route: string | undefined, all: readonly string[]): SettingStep["value"] {
  if (route === undefined) return "";
  const pattern = together(route, all)
    .map((each) => each.replaceAll(".", "\\."))
    .join("|");
  return { edit: `tr , '\\n' | { grep -vxE '${pattern}' || true; } | paste -sd, -` };
}

/** The routes that go with one: both of an exit node. */
function together(route: string, all: readonly string[]): readonly string[] {
  return isDefault(route) ? all.filter(isDefault) : [route];
}

/** With auto-approvers Headscale approves a route again as soon as its node tells anything new of itself. */
async function withoutApprovers(
  lab: RunningLab,
  gone: readonly string[],
): Promise<readonly SettingStep[]> {
  const text = await getPolicy(lab);
  const approvers = text === "" ? undefined : parse(text)?.autoApprovers;
  const prefixes = Object.keys(approvers?.routes ?? {});
  const routes = prefixes.filter((prefix) => gone.some((route) => covers(prefix, route)));
  const exit = approvers?.exitNode !== undefined && gone.some(isDefault);
  if (routes.length === 0 && !exit) return [];
  const hujson = program("hujson.pl");
  return [
    policySetting({
      edit: script("without-approvers.sh", {
        routes: JSON.stringify(routes),
        exit: JSON.stringify(exit),
        hujson,
      }),
    }),
  ];
}
