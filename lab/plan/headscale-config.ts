import type { Topology } from "../topology/schema.ts";
import { publicV6 } from "./addresses.ts";
import type { LabNetwork } from "./network.ts";
import { sharedVolumes } from "./volumes.ts";

/** Names of the lab's own servers on the simulated internet; .test is kept for such use (RFC 6761). */
export const serverName = {
  control: "control.lab.test",
  relay: (code: string) => `derp-${code}.lab.test`,
};

/** Where control keeps what is its own: `lab/programs/control.sh` puts it there. */
const keep = sharedVolumes.control;

export const controlUrl = `https://${serverName.control}`;

/** The relays as DERP regions, each with one node, for YAML. */
export function derpMap(topology: Topology, relays: LabNetwork["relays"]): unknown {
  const sorted = [...relays].sort(([, a], [, b]) => a.region - b.region);
  const regions = sorted.map(([code, { region, address }]) => {
    const node = {
      name: `${region}a`,
      regionid: region,
      hostname: serverName.relay(code),
      ipv4: address,
      ipv6: publicV6(address),
      stunport: 3478,
      stunonly: false,
      derpport: 443,
      // The captive-portal check asks port 80.
      canport80: true,
    };
    const regionname = topology.relays[code]?.name ?? code;
    return [region, { regionid: region, regioncode: code, regionname, nodes: [node] }] as const;
  });
  // Headscale reads the ids as numbers, which JSON's keys can't be.
  return { regions: new Map(regions) };
}

/**
 * Headscale's configuration, for YAML. `resolve` gives the addresses behind a name of a DNS
 * server in the topology.
 */
export function headscaleConfig(topology: Topology, resolve: (server: string) => string): unknown {
  const { dns, domain } = topology.tailnet;
  const clients = Object.values(topology.nodes).filter(({ kind }) => kind === "tailscale").length;
  return {
    server_url: controlUrl,
    listen_addr: "0.0.0.0:443",
    metrics_listen_addr: "127.0.0.1:9090",
    grpc_listen_addr: "127.0.0.1:50443",
    tls_cert_path: `${keep}/pki/${serverName.control}.crt`,
    tls_key_path: `${keep}/pki/${serverName.control}.key`,
    noise: { private_key_path: `${keep}/headscale/noise_private.key` },
    prefixes: { v4: "100.64.0.0/10", v6: "fd7a:115c:a1e0::/48", allocation: "sequential" },
    derp: {
      server: { enabled: false },
      urls: [],
      paths: [`${keep}/derp.yaml`],
      auto_update_enabled: false,
    },
    disable_check_updates: true,
    database: {
      type: "sqlite",
      sqlite: { path: `${keep}/headscale/db.sqlite`, write_ahead_log: true },
    },
    policy: { mode: "database" },
    dns: {
      magic_dns: dns.magicDns,
      base_domain: domain,
      override_local_dns: dns.nameservers.length > 0,
      nameservers: {
        global: dns.nameservers.map(resolve),
        split: Object.fromEntries(
          Object.entries(dns.splitDns).map(([name, servers]) => [name, servers.map(resolve)]),
        ),
      },
      extra_records_path: `${keep}/dns-records.json`,
    },
    // Headscale gathers changes before it tells the clients.
    tuning: {
      batch_change_delay: changeDelay(clients),
      node_store_batch_timeout: clients > 20 ? "100ms" : "10ms",
      // Of a node that is slow to read its updates. Headscale's own 30 are soon full in a crowd on a
      // busy machine; it then cuts the node off, which comes back many seconds later.
      node_mapsession_buffered_chan_size: 1000,
    },
    log: { level: "info", format: "text" },
    logtail: { enabled: false },
  };
}

/**
 * How long Headscale gathers changes. What it tells goes to all clients, and costs each of them as much as it has
 * peers: where 200 join, most of the time goes there with 200ms. In steps: Headscale restarts where it changes.
 */
function changeDelay(clients: number): string {
  if (clients <= 20) return "20ms";
  if (clients <= 60) return "200ms";
  return clients <= 120 ? "1s" : "3s";
}
