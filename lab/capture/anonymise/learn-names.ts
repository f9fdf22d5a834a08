import { parse } from "jsonc-parser";

/** What of a tailnet an output names. */
export interface FoundNames {
  machines: string[];
  users: string[];
  /** Names with dots, of domains or in them. */
  domains: string[];
  /** Names of relays that are the tailnet's own: Tailscale keeps the region ids from 900 on for these. */
  relays: string[];
}

const machineKeys = /^(?:HostName|Hostname|hostname|ComputedName|ComputedNameWithHost|given_name)$/;
const domainKeys =
  /^(?:DNSName|SelfDNSName|MagicDNSSuffix|Domains?|SearchDomains|MatchDomains|CertDomains|base_domain|search_domains)$/;
/** Their keys are domains. */
const byDomain = /^(?:SplitDNSRoutes|Routes|split)$/;
const userKeys = /^(?:LoginName|DisplayName|display_name|email|provider_id)$/;

/** Reads what names stand in an output; one that is cut off as far as it goes. */
export function namesIn(text: string, argv: readonly string[]): FoundNames {
  const found: FoundNames = { machines: [], users: [], domains: [], relays: [] };
  namesInText(text, found);
  if (/^\s*(?:[{[]|\/[/*])/.test(text)) {
    walk(parse(text, [], { allowTrailingComma: true }), [], found, argv);
  }
  return found;
}

function walk(value: unknown, path: readonly string[], found: FoundNames, argv: readonly string[]) {
  if (Array.isArray(value)) {
    for (const each of value) walk(each, path, found, argv);
    return;
  }
  if (typeof value === "string") return take(value, path, found, argv);
  if (typeof value !== "object" || value === null) return;
  const entries = Object.entries(value);
  const { RegionID, RegionCode, RegionName } = value as Record<string, unknown>;
  if (typeof RegionID === "number" && RegionID >= 900) {
    found.relays.push(...[RegionCode, RegionName].filter((name) => typeof name === "string"));
  }
  for (const [key, inner] of entries) {
    if (byDomain.test(path.at(-1) ?? "") && key.includes(".")) found.domains.push(key);
    if (path.length === 1 && path[0] === "hosts") found.machines.push(key);
    walk(inner, [...path, key], found, argv);
  }
}

function take(value: string, path: readonly string[], found: FoundNames, argv: readonly string[]) {
  const key = path.at(-1) ?? "";
  const isOfHeadscale = argv.includes("headscale");
  const isUser = path.includes("user") || argv.includes("users");
  if (machineKeys.test(key) || (key === "name" && isOfHeadscale && !isUser)) {
    if (value.includes(".")) found.domains.push(value);
    else if (value !== "") found.machines.push(value);
  } else if (
    (domainKeys.test(key) && !value.includes("@")) ||
    (key === "Name" && value.includes("."))
  ) {
    found.domains.push(value);
    // Of a node: its own label, and the tailnet's domain.
    if (key === "DNSName" || value.endsWith(".")) {
      const [label = "", ...domain] = value.replace(/\.$/, "").split(".");
      if (label !== "" && domain.length > 0) found.machines.push(label);
      found.domains.push(domain.join("."));
    }
  } else if (userKeys.test(key) || (key === "name" && isOfHeadscale && isUser)) {
    if (!/^tagged[ -]devices$/i.test(value) && value !== "") found.users.push(value);
  } else if (/^[\w.+-]+@/.test(value) && !value.includes(" ")) {
    found.users.push(value.split("@")[0] ?? "");
  }
}

/** resolv.conf(5), hosts(5), URLs and logs of Headscale. */
function namesInText(text: string, found: FoundNames): void {
  for (const [, domains = ""] of text.matchAll(/^\s*(?:search|domain)\s+(.+)$/gm)) {
    found.domains.push(...domains.trim().split(/\s+/));
  }
  for (const [, names = ""] of text.matchAll(/^[\da-f.:]+[ \t]+([a-z][^#\n]*)$/gim)) {
    for (const name of names.trim().split(/\s+/)) {
      if (/^(?:localhost|ip6-|broadcasthost)/.test(name)) continue;
      if (name.includes(".")) found.domains.push(name);
    }
  }
  for (const [, host = ""] of text.matchAll(/\bhttps?:\/\/([a-z0-9.-]+)/gi)) {
    if (/[a-z]/i.test(host)) found.domains.push(host);
  }
  for (const [, name = ""] of text.matchAll(/\bnode\.name=([\w-]+)/g)) found.machines.push(name);
  for (const [, name = ""] of text.matchAll(/\buser\.name=([\w.@+-]+)/g)) found.users.push(name);
}
