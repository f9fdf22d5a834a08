import { z } from "zod";
import { covers, lengthOf } from "./prefix.ts";

/** `ip -j addr` */
export interface Interface {
  name: string;
  mtu: number;
  isUp: boolean;
  addresses: { address: string; prefixLength: number }[];
}

/** `ip -j route show table all`: both families. */
export interface Route {
  /** A prefix with its length: an address has /32 or /128, `default` is 0.0.0.0/0 or ::/0. */
  prefix: string;
  device: string;
  gateway: string | undefined;
  /** `main`, `local`, `52`. */
  table: string;
  /** `unicast`, `local`, `throw`, `blackhole`, `unreachable`. */
  type: string;
  source: string | undefined;
}

/** `ip -j rule` */
export interface Rule {
  priority: number;
  table: string | undefined;
  /** A prefix, or `all`. */
  source: string;
  destination: string;
  fwmark: string | undefined;
  /** `lookup` of the table, else what becomes of the packet: `blackhole`, `unreachable`, `prohibit`. */
  action: string;
  /** Routes of this length and shorter do not count. */
  suppressed: number;
  /** It is about some packets alone, chosen by what their addresses do not tell: `iif lan`, `dport 80`, `uidrange 0-9`. */
  only: string;
  /** `not`: it is about all packets but those that it describes. */
  isNegated: boolean;
}

const interfaceSchema = z
  .looseObject({
    ifname: z.string(),
    mtu: z.number().default(0),
    flags: z.array(z.string()).default([]),
    addr_info: z
      .array(z.looseObject({ local: z.string().optional(), prefixlen: z.number().optional() }))
      .default([]),
  })
  .transform(
    ({ ifname, mtu, flags, addr_info }): Interface => ({
      name: ifname,
      mtu,
      isUp: flags.includes("UP"),
      addresses: addr_info.flatMap(({ local, prefixlen }) =>
        local === undefined || prefixlen === undefined
          ? []
          : [{ address: local, prefixLength: prefixlen }],
      ),
    }),
  );

export function parseInterfaces(text: string): Interface[] {
  return z.array(interfaceSchema).parse(JSON.parse(text));
}

const routeSchema = z.looseObject({
  dst: z.string(),
  dev: z.string().optional(),
  gateway: z.string().optional(),
  via: z.looseObject({ host: z.string() }).optional(),
  table: z.union([z.string(), z.number()]).default("main"),
  type: z.string().default("unicast"),
  prefsrc: z.string().optional(),
  /** Only on routes of IPv6. */
  pref: z.string().optional(),
});

export function parseRoutes(text: string): Route[] {
  const routes = z.array(routeSchema).parse(JSON.parse(text));
  return routes.map(({ dst, dev, gateway, via, table, type, prefsrc, pref }) => ({
    prefix: wholePrefix(dst, pref !== undefined || gateway?.includes(":") === true),
    device: dev ?? "",
    gateway: gateway ?? via?.host,
    table: String(table),
    type,
    source: prefsrc,
  }));
}

function wholePrefix(dst: string, isV6: boolean): string {
  if (dst === "default") return isV6 ? "::/0" : "0.0.0.0/0";
  if (dst.includes("/")) return dst;
  return `${dst}/${dst.includes(":") ? 128 : 32}`;
}

const ruleSchema = z.looseObject({
  priority: z.number(),
  table: z.union([z.string(), z.number()]).optional(),
  src: z.string().default("all"),
  srclen: z.number().optional(),
  dst: z.string().default("all"),
  dstlen: z.number().optional(),
  fwmark: z.string().optional(),
  action: z.string().default("lookup"),
  suppress_prefixlen: z.union([z.string(), z.number()]).optional(),
});
/** Keys of what a rule chooses packets by beside addresses and marks, and the words that `ip rule` has for them. */
const partial = [
  ["tos", "tos"],
  ["iif", "iif"],
  ["oif", "oif"],
  ["uid_start", "uidrange"],
  ["ipproto", "ipproto"],
  ["sport", "sport"],
  ["sport_start", "sport"],
  ["dport", "dport"],
  ["dport_start", "dport"],
] as const;

function onlyOf(rule: Record<string, unknown>): string {
  return partial
    .filter(([key]) => key in rule)
    .map(([key, word]) => {
      const end = key.endsWith("_start") ? rule[key.replace("_start", "_end")] : undefined;
      return `${word} ${rule[key]}${end === undefined ? "" : `-${end}`}`;
    })
    .join(" ");
}

export function parseRules(text: string): Rule[] {
  return z
    .array(ruleSchema)
    .parse(JSON.parse(text))
    .map((rule) => ({
      priority: rule.priority,
      table: rule.table === undefined ? undefined : String(rule.table),
      source: withLength(rule.src, rule.srclen),
      destination: withLength(rule.dst, rule.dstlen),
      fwmark: rule.fwmark,
      action: rule.action,
      suppressed: Number(rule.suppress_prefixlen ?? -1),
      only: onlyOf(rule),
      isNegated: "not" in rule,
    }));
}

function withLength(address: string, length: number | undefined): string {
  return length === undefined ? address : `${address}/${length}`;
}

/**
 * The rule and the route by which the kernel sends a packet of the machine's own that nobody has marked; undefined where
 * none has one. `source` is that of a program that has bound its address. IPv4: `ip -j rule` prints no other rules.
 */
export function routeOf(
  rules: readonly Rule[],
  routes: readonly Route[],
  { destination, source }: { destination: string; source?: string | undefined },
): { rule: Rule; route: Route | undefined } | undefined {
  const isOf = (prefix: string, address: string | undefined) =>
    prefix === "all" || (address !== undefined && covers(prefix, address));
  const describes = (rule: Rule) =>
    !isOfMarked(rule) && isOf(rule.source, source) && isOf(rule.destination, destination);
  for (const rule of inOrder(rules)) {
    if (isUnsure(rule) || describes(rule) === rule.isNegated) continue;
    const taken = takenBy(rule, routes, destination);
    if (taken !== undefined) return taken;
  }
  return undefined;
}

/**
 * Rules that may take a packet to an address before that by which it should go, and what becomes of it: of each nothing
 * tells whether it is about this one.
 */
export function doubtfulRules(
  rules: readonly Rule[],
  routes: readonly Route[],
  destination: string,
): { rule: Rule; route: Route | undefined }[] {
  const sure = routeOf(rules, routes, { destination })?.rule.priority ?? Number.POSITIVE_INFINITY;
  return inOrder(rules)
    .filter((rule) => rule.priority < sure && !rule.isNegated && !isTailscales(rule))
    .filter((rule) => isUnsure(rule) || isOfMarked(rule))
    .filter((rule) => rule.destination === "all" || covers(rule.destination, destination))
    .flatMap((rule) => takenBy(rule, routes, destination) ?? []);
}

function inOrder(rules: readonly Rule[]): Rule[] {
  return [...rules].sort((a, b) => a.priority - b.priority);
}

/** What a rule makes of a packet that it is about; undefined where the next is asked. */
function takenBy(rule: Rule, routes: readonly Route[], destination: string) {
  if (rule.table === undefined) {
    return rule.action === "lookup" ? undefined : { rule, route: undefined };
  }
  const [route] = routes
    .filter(({ table, prefix }) => table === rule.table && covers(prefix, destination))
    .filter(({ prefix }) => lengthOf(prefix) > rule.suppressed)
    .sort((a, b) => lengthOf(b.prefix) - lengthOf(a.prefix));
  return route === undefined || route.type === "throw" ? undefined : { rule, route };
}

/** What is about all but marked packets is about the machine's own, whatever else it says. */
function isUnsure(rule: Rule): boolean {
  return rule.only !== "" && !(rule.isNegated && isOfMarked(rule));
}

/** About what tailscaled itself sends to the internet. */
function isTailscales({ fwmark }: Rule): boolean {
  return fwmark === "0x80000";
}

function isOfMarked({ fwmark }: Rule): boolean {
  return fwmark !== undefined && Number(fwmark) !== 0;
}

/** As `ip rule` and `ip route` print them, near enough to be found there. */
export function ruleText(rule: Rule): string {
  const { priority, source, destination, fwmark, only, table, action, isNegated } = rule;
  const words = [
    isNegated ? "not" : "",
    `from ${source}`,
    destination === "all" ? "" : `to ${destination}`,
    fwmark === undefined ? "" : `fwmark ${fwmark}`,
    only,
    table === undefined ? action : `lookup ${table}`,
  ];
  return `${priority}: ${words.filter((word) => word !== "").join(" ")}`;
}

export function routeText({ prefix, gateway, device, type, table }: Route): string {
  const words = [
    type === "unicast" ? "" : type,
    prefix,
    gateway === undefined ? "" : `via ${gateway}`,
    device === "" ? "" : `dev ${device}`,
    `table ${table}`,
  ];
  return words.filter((word) => word !== "").join(" ");
}
