import { z } from "zod";

/** `tailscale debug prefs` */
export interface Prefs {
  controlUrl: string;
  acceptsRoutes: boolean;
  acceptsDns: boolean;
  advertisedRoutes: string[];
  exitNode: string;
  exitNodeAllowsLan: boolean;
  wantsToRun: boolean;
  isLoggedOut: boolean;
  shieldsUp: boolean;
  masquerades: boolean;
  hostname: string;
  tags: string[];
  /** 0 off, 1 no diversion, 2 on. */
  netfilterMode: number;
}

const strings = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);

const prefsSchema = z.looseObject({
  ControlURL: z.string().default(""),
  RouteAll: z.boolean().default(false),
  CorpDNS: z.boolean().default(false),
  AdvertiseRoutes: strings,
  ExitNodeID: z.string().default(""),
  ExitNodeIP: z.string().default(""),
  ExitNodeAllowLANAccess: z.boolean().default(false),
  WantRunning: z.boolean(),
  LoggedOut: z.boolean().default(false),
  ShieldsUp: z.boolean().default(false),
  NoSNAT: z.boolean().default(false),
  Hostname: z.string().default(""),
  AdvertiseTags: strings,
  NetfilterMode: z.number().default(2),
});

export function parsePrefs(text: string): Prefs {
  const prefs = prefsSchema.parse(JSON.parse(text));
  return {
    controlUrl: prefs.ControlURL,
    acceptsRoutes: prefs.RouteAll,
    acceptsDns: prefs.CorpDNS,
    advertisedRoutes: prefs.AdvertiseRoutes,
    exitNode: prefs.ExitNodeID || prefs.ExitNodeIP,
    exitNodeAllowsLan: prefs.ExitNodeAllowLANAccess,
    wantsToRun: prefs.WantRunning,
    isLoggedOut: prefs.LoggedOut,
    shieldsUp: prefs.ShieldsUp,
    masquerades: !prefs.NoSNAT,
    hostname: prefs.Hostname,
    tags: prefs.AdvertiseTags,
    netfilterMode: prefs.NetfilterMode,
  };
}

/** `tailscale dns status --json` */
export interface DnsStatus {
  acceptsDns: boolean;
  isMagic: boolean;
  domain: string;
  selfName: string;
  resolvers: string[];
  /** Servers by domain. */
  splitDns: Record<string, string[]>;
  searchDomains: string[];
  /** What the system used before tailscaled came. */
  system: { nameservers: string[]; searchDomains: string[] };
}

const resolvers = z
  .array(z.looseObject({ Addr: z.string() }).transform(({ Addr }) => Addr))
  .nullish()
  .transform((value) => value ?? []);

const dnsSchema = z.looseObject({
  TailscaleDNS: z.boolean(),
  CurrentTailnet: z
    .looseObject({
      MagicDNSEnabled: z.boolean().default(false),
      MagicDNSSuffix: z.string().default(""),
      SelfDNSName: z.string().default(""),
    })
    .nullish(),
  Resolvers: resolvers,
  SplitDNSRoutes: z.record(z.string(), resolvers).nullish(),
  SearchDomains: strings,
  SystemDNS: z.looseObject({ Nameservers: strings, SearchDomains: strings }).nullish(),
});

export function parseDnsStatus(text: string): DnsStatus {
  const dns = dnsSchema.parse(JSON.parse(text));
  return {
    acceptsDns: dns.TailscaleDNS,
    isMagic: dns.CurrentTailnet?.MagicDNSEnabled ?? false,
    domain: dns.CurrentTailnet?.MagicDNSSuffix ?? "",
    selfName: (dns.CurrentTailnet?.SelfDNSName ?? "").replace(/\.$/, ""),
    resolvers: dns.Resolvers,
    // The tailnet's own domain has no servers.
    splitDns: Object.fromEntries(
      Object.entries(dns.SplitDNSRoutes ?? {}).filter(([, servers]) => servers.length > 0),
    ),
    searchDomains: dns.SearchDomains,
    system: {
      nameservers: dns.SystemDNS?.Nameservers ?? [],
      searchDomains: dns.SystemDNS?.SearchDomains ?? [],
    },
  };
}

/** tailscaled as the kernel has it. */
export interface TailscaledProcess {
  isRunning: boolean;
  flags: string[];
  /** TS_DEBUG_…, TS_DISABLE_… and TS_ENABLE_… of its environment. */
  environment: Record<string, string>;
}

export function parseTailscaledProcess(text: string): TailscaledProcess {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const commands = lines.filter((line) => !line.startsWith("TS_"));
  const variables = lines.filter((line) => line.startsWith("TS_"));
  return {
    isRunning: commands.length > 0,
    flags: (commands[0] ?? "").trim().split(/\s+/).slice(1),
    environment: Object.fromEntries(
      variables.map((line) => {
        const [name = "", ...value] = line.split("=");
        return [name, value.join("=")];
      }),
    ),
  };
}
