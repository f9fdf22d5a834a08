import { describe, expect, test } from "vitest";
import { parseMetrics } from "../../lab/observe/metrics.ts";
import { parseNetcheck } from "../../lab/observe/netcheck.ts";
import { parseStatus } from "../../lab/running/status.ts";
import { fixture } from "./fixture.ts";

describe("tailscale status --json", () => {
  const status = parseStatus(fixture("status.json"));

  test("the node itself and its peers by name", () => {
    expect(status.backendState).toBe("Running");
    expect(status.domain).toBe("tailnet.lab");
    expect(status.self?.name).toBe("laptop");
    expect(status.peers.map((peer) => peer.name)).toEqual(["exit", "phone", "router"]);
  });

  test("a peer's addresses, tags, routes and home relay", () => {
    const router = status.peers.find((peer) => peer.name === "router");
    expect(router).toMatchObject({
      dnsName: "router.tailnet.lab",
      tags: ["tag:router"],
      routes: ["10.20.0.0/24"],
      online: true,
      exitNodeOption: false,
    });
    expect(router?.addresses).toHaveLength(2);
    expect(["fra", "nyc"]).toContain(router?.homeRelay);
    expect(status.peers.find((peer) => peer.name === "exit")?.exitNodeOption).toBe(true);
  });

  test("a node that never logged in has no self and no peers", () => {
    const text = '{"BackendState":"NeedsLogin","Self":null,"Peer":null,"Health":["logged out"]}';
    expect(parseStatus(text)).toEqual({
      backendState: "NeedsLogin",
      self: undefined,
      peers: [],
      health: ["logged out"],
      domain: "",
      user: "",
      tun: true,
    });
  });
});

describe("tailscale netcheck --format=json", () => {
  test("relays go by their codes, latencies by milliseconds", () => {
    const netcheck = parseNetcheck(fixture("netcheck.json"), fixture("derp-map.json"));
    expect(netcheck).toMatchObject({
      udp: true,
      mappingVariesByDestIp: false,
      preferredRelay: "nyc",
      relayLatencyMs: { fra: 2.14, nyc: 2.01 },
      portMapping: { upnp: false, natPmp: false, pcp: false },
      captivePortal: null,
    });
    expect(netcheck.globalV4).toMatch(/^198\.18\.\d+\.\d+:\d+$/);
  });

  test("what was not found out is null, not false", () => {
    const text =
      '{"UDP":false,"IPv4":true,"IPv6":false,"PreferredDERP":0,"MappingVariesByDestIP":""}';
    const netcheck = parseNetcheck(text, fixture("derp-map.json"));
    expect(netcheck.mappingVariesByDestIp).toBeNull();
    expect(netcheck.portMapping.upnp).toBeNull();
    expect(netcheck.preferredRelay).toBeUndefined();
    expect(netcheck.relayLatencyMs).toEqual({});
  });
});

describe("tailscale metrics print", () => {
  test("packets and bytes by path, drops by reason", () => {
    const metrics = parseMetrics(`${fixture("metrics.txt")}
tailscaled_inbound_packets_total{path="direct_ipv4"} 11
tailscaled_inbound_bytes_total{path="direct_ipv4"} 1140
tailscaled_inbound_dropped_packets_total{reason="acl"} 4
tailscaled_outbound_packets_total{path="derp"} 1.2e+06`);
    expect(metrics.inbound.direct_ipv4).toEqual({ bytes: 1140, packets: 11 });
    expect(metrics.inbound.peer_relay_ipv4).toEqual({ bytes: 0, packets: 0 });
    expect(metrics.outbound.derp?.packets).toBe(1_200_000);
    expect(metrics.droppedInbound).toEqual({ acl: 4 });
    expect(metrics.droppedOutbound).toEqual({ error: 0, multicast: 4 });
  });
});
