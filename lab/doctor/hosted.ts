import type { Observations } from "../evidence/observations.ts";
import type { Finding } from "./finding.ts";

/**
 * Whether control is Tailscale's own server, where nobody types commands. One node of several may have it by mistake, as
 * it is what a login without the flag asks.
 */
export function isHosted({ control, tailscale }: Observations): boolean {
  if (control?.nodes.kind === "seen") return false;
  const urls = [...tailscale.values()].flatMap(({ prefs }) =>
    prefs.kind === "seen" ? [prefs.value.controlUrl] : [],
  );
  return urls.length > 0 && urls.every(isTailscales);
}

/** Whether a control server is Tailscale's own. */
export function isTailscales(url: string): boolean {
  return /^https:\/\/(?:controlplane|login)\.tailscale\.com(?:[:/]|$)/.test(url);
}

const panel = "in the admin console";

/** What is done at Headscale, as it is done at Tailscale's control server: the first that fits. */
const instead: readonly [RegExp, string][] = [
  [/^on control.*approve-routes -i \S+ -r (.*)$/, `${panel}, Machines, Edit route settings: $1`],
  [/^on control.*: headscale nodes list-routes$/, `${panel}, Machines: whether it is approved`],
  [/^on control, where it is: (.*)$/, `${panel}, Access controls, where it is approved: $1`],
  [/^on control: headscale policy get.*$/, ""],
  [/^on control, in policy\.hujson: (.*)$/, "in the policy: $1"],
  [/^on control: headscale policy set.*$/, `${panel}, Access controls: save the policy`],
  [/^on control: headscale nodes list$/, `${panel}, Machines: look for it`],
  [/^on control(,[^:]*): headscale nodes expire.*$/, `${panel}, Machines$1: Disable key expiry`],
  [/^on control(,[^:]*)?: headscale nodes delete.*$/, `${panel}, Machines$1: remove the old one`],
  [/^on control, in config\.yaml: set dns\.magic_dns.*$/, `${panel}, DNS: enable MagicDNS`],
  [/^on control(, else)?, in config\.yaml: (.*)$/, `${panel}, DNS$1: $2`],
  [/^on control: systemctl restart headscale$/, ""],
  [/^on control: add a relay(.*) to the DERP map$/, 'in the policy: add a relay$1 to "derpMap"'],
  [/^on control: update Headscale.*$/, ""],
  [/^on \S+\.tailscale\.com\b.*$/, "look at https://status.tailscale.com"],
  [/^(.*): dns\.nameservers\.(?:split|global) of Headscale's config\.yaml$/, `$1: ${panel}, DNS`],
  [/^on control(,[^:]*)?: (.*)$/, `${panel}$1: $2`],
];

/** A finding with remedies for a tailnet at Tailscale's own control server. */
export function asHosted<Told extends Finding>(finding: Told): Told {
  const fix = finding.fix.map((line) => {
    const [pattern, replacement] = instead.find(([each]) => each.test(line)) ?? [];
    const written = pattern === undefined ? line : line.replace(pattern, replacement ?? "");
    return written
      .replace("dns.nameservers.global", "the global nameservers")
      .replace(" of dns.nameservers.split", "");
  });
  return { ...finding, fix: [...new Set(fix)].filter((line) => line !== "") };
}
