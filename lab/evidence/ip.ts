import { z } from "zod";

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
  source: string;
  fwmark: string | undefined;
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
  fwmark: z.string().optional(),
});

export function parseRules(text: string): Rule[] {
  return z
    .array(ruleSchema)
    .parse(JSON.parse(text))
    .map(({ priority, table, src, fwmark }) => ({
      priority,
      table: table === undefined ? undefined : String(table),
      source: src,
      fwmark,
    }));
}
