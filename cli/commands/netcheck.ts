import type { Command } from "commander";
import { type Netcheck, netcheckOf } from "../../lab/observe/netcheck.ts";
import { act, labCommand, type Shared } from "../command.ts";
import { table } from "../table.ts";
import { findLab, tailscaleNode } from "../which-lab.ts";

export function netcheckCommand(shared: Shared): Command {
  return labCommand("netcheck", "what a node finds out about its network", [
    "netcheck laptop",
    "netcheck server --json",
  ])
    .argument("<node>")
    .action(
      act(shared, async ({ signal, lab: option }, name: string) => {
        const node = tailscaleNode(await findLab({ lab: option }, [name]), name);
        const netcheck = await netcheckOf(node, signal);
        return { json: { schema: 1, node: name, ...netcheck }, text: netcheckText(netcheck) };
      }),
    );
}

export function netcheckText(netcheck: Netcheck): string {
  const say = (value: boolean | null) => (value === null ? "not known" : value ? "yes" : "no");
  const { upnp, natPmp, pcp } = netcheck.portMapping;
  const mappings = [
    ["UPnP", upnp],
    ["NAT-PMP", natPmp],
    ["PCP", pcp],
  ].flatMap(([name, speaks]) => (speaks === true ? [String(name)] : []));
  const latencies = Object.entries(netcheck.relayLatencyMs)
    .sort(([, a], [, b]) => a - b)
    .map(([code, ms]) => `${code} ${ms} ms`);
  return table([
    ["UDP", say(netcheck.udp)],
    ["IPv4", netcheck.globalV4 || say(netcheck.ipv4)],
    ["IPv6", netcheck.globalV6 || say(netcheck.ipv6)],
    ["mapping varies by destination", say(netcheck.mappingVariesByDestIp)],
    ["port mapping", mappings.join(" ") || "none"],
    ["captive portal", say(netcheck.captivePortal)],
    ["nearest relay", netcheck.preferredRelay ?? "none"],
    ["relay latency", latencies.join(", ") || "none"],
  ]);
}
