import { seenValue } from "../evidence/observation.ts";
import type { Observations } from "../evidence/observations.ts";
import { isDefault } from "../evidence/prefix.ts";
import { exitNodeOf } from "../evidence/where.ts";
import { isTailscales } from "./hosted.ts";

/** What logs a node in, again or for the first time: at Headscale with a key that control makes for it. */
export function logsIn(seen: Observations, name: string, isAgain: boolean): string[] {
  const own = seenValue(seen.tailscale.get(name)?.prefs)?.controlUrl;
  const server = loginServer(seen, name);
  const key = keyFor(seen, name);
  // Without any flag it takes all as it is set.
  const isBare = key === undefined && !isAgain && (server === undefined || server === own);
  const up = [
    "tailscale up",
    ...(isAgain ? ["--force-reauth"] : []),
    ...(key === undefined ? [] : ["--auth-key=KEY"]),
    ...(isBare ? [] : settingsOf(seen, name)),
  ].join(" ");
  return [
    ...(key === undefined ? [] : [`on control, which prints a KEY: ${key}`]),
    `on ${name}: ${up}`,
  ];
}

/** Undefined where control is not at hand, or does not know for whom. */
function keyFor({ control, tailscale }: Observations, name: string): string | undefined {
  const nodes = seenValue(control?.nodes);
  if (nodes === undefined) return undefined;
  const known = nodes.find((node) => node.name === name);
  const status = seenValue(tailscale.get(name)?.status);
  const tags = known?.tags ?? status?.self?.tags ?? [];
  if (tags.length > 0) return `headscale preauthkeys create --tags ${tags.join(",")}`;
  const owner = known?.user || status?.user;
  const user = seenValue(control?.users)?.find((each) => each.name === owner);
  return user === undefined ? undefined : `headscale preauthkeys create -u ${user.id}`;
}

/** All that a node is set to: `tailscale up` with any flag refuses to leave out another that is not at its default. */
function settingsOf(seen: Observations, name: string): string[] {
  const node = seen.tailscale.get(name);
  const prefs = seenValue(node?.prefs);
  const server = loginServer(seen, name);
  const flags = server === undefined ? [] : [`--login-server=${server}`];
  if (node === undefined || prefs === undefined) return flags;
  const subnets = prefs.advertisedRoutes.filter((route) => !isDefault(route));
  const exitNode = exitNodeOf(node)?.address ?? prefs.exitNode;
  const set: readonly [boolean, string][] = [
    [!prefs.acceptsDns, "--accept-dns=false"],
    [prefs.acceptsRoutes, "--accept-routes"],
    [prefs.advertisedRoutes.some(isDefault), "--advertise-exit-node"],
    [subnets.length > 0, `--advertise-routes=${subnets.join(",")}`],
    [prefs.tags.length > 0, `--advertise-tags=${prefs.tags.join(",")}`],
    [exitNode !== "", `--exit-node=${exitNode}`],
    [prefs.exitNodeAllowsLan, "--exit-node-allow-lan-access"],
    [prefs.hostname !== "", `--hostname=${prefs.hostname}`],
    [prefs.netfilterMode !== 2, `--netfilter-mode=${["off", "nodivert"][prefs.netfilterMode]}`],
    [prefs.shieldsUp, "--shields-up"],
    [!prefs.masquerades, "--snat-subnet-routes=false"],
  ];
  return [...flags, ...set.flatMap(([isSet, flag]) => (isSet ? [flag] : []))];
}

/** Its own, else that of the others; undefined for Tailscale's, which needs no flag. */
export function loginServer({ tailscale }: Observations, name: string): string | undefined {
  const urls = [tailscale.get(name), ...tailscale.values()].flatMap(
    (node) => seenValue(node?.prefs)?.controlUrl || [],
  );
  return urls.find((url) => !isTailscales(url));
}
