import type { Topology } from "../../topology/schema.ts";
import { publicV6, relayNumbers, serverAddress } from "../addresses.ts";
import { bootScript } from "../boot.ts";
import { serverName } from "../headscale-config.ts";
import { type Machine, nodeSpec, type Placement } from "../machine.ts";
import { dnsConfig, serveDns } from "../services.ts";

const configPath = "/etc/dnsmasq-internet.conf";

/** The simulated internet's DNS: the lab's servers, public names, NXDOMAIN for everything else. */
export function dnsServer(
  topology: Topology,
  addressOf: (node: string) => string | undefined,
  at: Placement,
): Machine {
  const records = new Map([[serverName.control, serverAddress.control]]);
  for (const [code, { address }] of relayNumbers(topology)) {
    records.set(serverName.relay(code), address);
  }
  for (const [name, node] of Object.entries(topology.nodes)) {
    if (node.kind !== "host") continue;
    for (const alias of node.publicNames) records.set(alias, addressOf(name) ?? "");
  }
  const both = [...records].map(([name, v4]) => [name, `${v4},${publicV6(v4)}`]);
  // "#" is every domain: this is the root, and it knows no more than its records.
  const content = dnsConfig(Object.fromEntries(both), ["#"]);
  const start = ['step "serve DNS"', ...serveDns(configPath)].join("\n");
  return {
    spec: nodeSpec("dns", at),
    image: { program: "base" },
    interfaces: at.interfaces,
    boot: bootScript(at, { resolver: "127.0.0.1", start }),
    files: [{ path: configPath, content }],
  };
}
