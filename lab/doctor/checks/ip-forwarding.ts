import type { TailscaleObservations } from "../../evidence/observations.ts";
import { covers } from "../../evidence/prefix.ts";
import { isTunnel, ownPrefixes } from "../../evidence/where.ts";
import { type Check, seenLine } from "../check.ts";
import { setsSysctls } from "../sets-sysctls.ts";

/** TL106 */
export const ipForwarding: Check = {
  finds: ["TL106"],
  step: "tunnel",
  explainedBy: [],
  run({ observations, read, found }) {
    for (const node of observations.tailscale.values()) {
      const { machine, prefs, sysctls, status } = node;
      const advertised = read(prefs)?.advertisedRoutes ?? [];
      // With userspace networking it is not the kernel that forwards.
      if (advertised.length === 0 || read(status)?.tun !== true) continue;
      const values = read(sysctls);
      if (values === undefined) continue;
      const [ipv4, ipv6] = [advertised.filter(isIpv4), advertised.filter((each) => !isIpv4(each))];
      const of4 = ipv4.length === 0 ? [] : offForIpv4(node, ipv4, values);
      const of6 = ipv6.length > 0 && values.get(allForwarding6) === "0" ? [allForwarding6] : [];
      // A machine without IPv6 forwards none, and an exit node of IPv4 alone is none of ours to judge.
      const off = of4.length > 0 || ipv4.length === 0 ? [...of4, ...of6] : [];
      const [first] = off;
      if (first === undefined) continue;
      const { name } = machine;
      found({
        code: "TL106",
        node: name,
        what: `${name} advertises ${advertised.join(", ")}, and does not forward${wherefrom(first)}`,
        seen: [seenLine(sysctls, new RegExp(`^${first.replaceAll(".", "\\.")} `), `${first} = 0`)],
        why: "what comes out of the tunnel for another machine is dropped by the kernel unless it forwards",
        fix: setsSysctls(name, off, "1"),
        explains: [`nothing behind ${name} is reached`],
      });
    }
  },
};

const allForwarding6 = "net.ipv6.conf.all.forwarding";

function isIpv4(route: string): boolean {
  return route.includes(".");
}

/**
 * The switch for all of IPv4, or those of the interfaces that packets come in by: the tunnel's, and that of a LAN it
 * serves.
 */
function offForIpv4(
  node: TailscaleObservations,
  advertised: readonly string[],
  values: ReadonlyMap<string, string>,
): string[] {
  if (values.get("net.ipv4.ip_forward") === "0") return ["net.ipv4.ip_forward"];
  const interfaces = node.addresses.kind === "seen" ? node.addresses.value : [];
  const tunnels = interfaces.filter(({ name }) => isTunnel(name)).map(({ name }) => name);
  const served = ownPrefixes(node)
    .filter(({ address }) => advertised.some((route) => covers(route, address)))
    .map(({ device }) => device);
  return (
    [...new Set([...tunnels, ...served])]
      // sysctl writes the dot of a VLAN, eth0.100, as a slash.
      .map((device) => `net.ipv4.conf.${device.replaceAll(".", "/")}.forwarding`)
      .filter((name) => values.get(name) === "0")
  );
}

function wherefrom(sysctl: string): string {
  const device = /^net\.ipv4\.conf\.(.+)\.forwarding$/.exec(sysctl)?.[1];
  return device === undefined ? "" : ` what comes in by ${device.replaceAll("/", ".")}`;
}
