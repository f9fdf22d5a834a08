import { z } from "zod";
import type { RunningNode } from "../running/running-node.ts";
import { programLimitMs } from "./limit.ts";

/** What a node finds out about its network: `tailscale netcheck --format=json`. */
export interface Netcheck {
  udp: boolean;
  ipv4: boolean;
  ipv6: boolean;
  /** Its address and port as a STUN server sees them; empty where none answered. */
  globalV4: string;
  globalV6: string;
  /** True behind a hard NAT; null where fewer than two relays answered. */
  mappingVariesByDestIp: boolean | null;
  /** Port mapping protocols that the router speaks; null where it was not tried. */
  portMapping: { upnp: boolean | null; natPmp: boolean | null; pcp: boolean | null };
  captivePortal: boolean | null;
  /** The nearest region's code; undefined where none answered. */
  preferredRelay: string | undefined;
  /** Milliseconds to each region, by code. */
  relayLatencyMs: Record<string, number>;
}

const unknown = z
  .union([z.boolean(), z.literal("")])
  .nullish()
  .transform((value) => (typeof value === "boolean" ? value : null));
const netcheckSchema = z.looseObject({
  UDP: z.boolean(),
  IPv4: z.boolean(),
  IPv6: z.boolean(),
  GlobalV4: z.string().default(""),
  GlobalV6: z.string().default(""),
  MappingVariesByDestIP: unknown,
  UPnP: unknown,
  PMP: unknown,
  PCP: unknown,
  CaptivePortal: unknown,
  PreferredDERP: z.number(),
  /** Nanoseconds by region id. */
  RegionLatency: z.record(z.string(), z.number()).nullish(),
});
const derpMapSchema = z.looseObject({
  Regions: z.record(z.string(), z.looseObject({ RegionCode: z.string() })),
});

/** `netcheck` names regions by id; the node's DERP map has their codes. */
export function parseNetcheck(netcheckText: string, derpMapText: string): Netcheck {
  const report = netcheckSchema.parse(JSON.parse(netcheckText));
  const { Regions } = derpMapSchema.parse(JSON.parse(derpMapText));
  const code = (id: string | number) => Regions[String(id)]?.RegionCode;
  return {
    udp: report.UDP,
    ipv4: report.IPv4,
    ipv6: report.IPv6,
    globalV4: report.GlobalV4,
    globalV6: report.GlobalV6,
    mappingVariesByDestIp: report.MappingVariesByDestIP,
    portMapping: { upnp: report.UPnP, natPmp: report.PMP, pcp: report.PCP },
    captivePortal: report.CaptivePortal,
    preferredRelay: code(report.PreferredDERP),
    relayLatencyMs: Object.fromEntries(
      Object.entries(report.RegionLatency ?? {}).map(([id, ns]) => [
        code(id) ?? id,
        Math.round(ns / 1e4) / 100,
      ]),
    ),
  };
}

export async function netcheckOf(node: RunningNode, signal?: AbortSignal): Promise<Netcheck> {
  const options = { timeoutMs: programLimitMs / 2, signal };
  const [report, derpMap] = await Promise.all([
    node.output(["tailscale", "netcheck", "--format=json"], options),
    node.output(["tailscale", "debug", "derp-map"], options),
  ]);
  return parseNetcheck(report, derpMap);
}
