import { z } from "zod";

/** `nft -j list ruleset`, and what iptables has beside: base chains and their rules, with counters. */
export interface FirewallRules {
  chains: FirewallChain[];
  rules: FirewallRule[];
}

export interface FirewallChain {
  family: string;
  table: string;
  name: string;
  /** `filter`, `nat`, `route`; undefined for a chain that others jump to. */
  type: string | undefined;
  /** Undefined for a chain that others jump to. */
  hook: string | undefined;
  priority: number;
  /** `accept` or `drop`, of a base chain. */
  policy: string | undefined;
  iptables?: OfIptables;
}

/** Of what iptables has made: the program that prints and changes it, and its own name of the table. */
interface OfIptables {
  /** `iptables`, `ip6tables-legacy`. */
  program: string;
  table: string;
}

/** By which a chain is found. */
export type ChainPlace = Pick<FirewallChain, "family" | "table" | "name">;

/** A chain's rules, in their order. */
export function rulesIn(
  { rules }: FirewallRules,
  { family, table, name }: ChainPlace,
): FirewallRule[] {
  return rules.filter(
    (rule) => rule.family === family && rule.table === table && rule.chain === name,
  );
}

export interface FirewallRule {
  family: string;
  table: string;
  chain: string;
  /** nft's number of it in its table; undefined where the rule was one of iptables, or decides by a map. */
  handle: number | undefined;
  matches: FirewallMatch[];
  /** `accept`, `drop`, `reject`, `masquerade`, `snat`, `dnat`, `redirect`, `jump`, `return`, `queue` (something else decides); undefined for one that only counts or marks. */
  verdict: string | undefined;
  /** The chain of a jump or goto. */
  target: string | undefined;
  /** Where dnat and redirect lead a packet to; what is not here stays, or can't be read. */
  to: { address?: string; port?: number } | undefined;
  /** Undefined without a counter. */
  packets: number | undefined;
  /** With what stands after `-A CHAIN`. */
  iptables?: OfIptables & { words: string };
  /** It has the kernel track no connection of the packet. */
  isUntracking?: true;
}

/** Between what is asked together, and its values: `ip saddr . tcp dport`, `10.0.0.9 . 80`. */
export const together = " . ";

export interface FirewallMatch {
  /** `iifname`, `ip saddr`, `tcp dport`, `ct state`, `meta length`, `l4proto`. */
  left: string;
  /** `==`, `!=`, `<`, `>`, `in`; `?` where it can't be told which packets it is about. */
  op: string;
  /** As text: `tailscale0*`, `100.64.0.0/10`, `80`, `22,80-90`. */
  right: string;
}

const expression = z.record(z.string(), z.unknown());
const namedSet = z
  .looseObject({
    family: z.string(),
    table: z.string(),
    name: z.string(),
    elem: z.array(z.unknown()).default([]),
  })
  .optional();
const rulesetSchema = z.looseObject({
  nftables: z.array(
    z.looseObject({
      chain: z
        .looseObject({
          family: z.string(),
          table: z.string(),
          name: z.string(),
          type: z.string().optional(),
          hook: z.string().optional(),
          prio: z.number().default(0),
          policy: z.string().optional(),
        })
        .optional(),
      rule: z
        .looseObject({
          family: z.string(),
          table: z.string(),
          chain: z.string(),
          handle: z.number().optional(),
          expr: z.array(expression).default([]),
        })
        .optional(),
      set: namedSet,
      map: namedSet,
    }),
  ),
});

const verdicts = [
  "accept",
  "drop",
  "reject",
  "masquerade",
  "snat",
  "dnat",
  "redirect",
  "return",
  "queue",
];

export function parseRuleset(text: string): FirewallRules {
  const { nftables } = rulesetSchema.parse(JSON.parse(text));
  const sets = new Map(
    nftables.flatMap(({ set, map }) =>
      [set, map].flatMap((each) =>
        each === undefined ? [] : [[setKey(each), each.elem] as const],
      ),
    ),
  );
  return {
    chains: nftables.flatMap(({ chain }) =>
      chain === undefined
        ? []
        : [
            {
              ...pick(chain),
              name: chain.name,
              type: chain.type,
              hook: chain.hook,
              priority: chain.prio,
              policy: chain.policy,
            },
          ],
    ),
    rules: nftables.flatMap(({ rule }) =>
      rule === undefined
        ? []
        : readExpressions(rule.expr, (name) => sets.get(setKey({ ...rule, name }))).map(
            (read, _index, { length }) => ({
              ...pick(rule),
              chain: rule.chain,
              handle: length === 1 ? rule.handle : undefined,
              ...read,
            }),
          ),
    ),
  };
}

function pick({ family, table }: { family: string; table: string }) {
  return { family, table };
}

function setKey({ family, table, name }: { family: string; table: string; name: string }): string {
  return `${family} ${table} ${name}`;
}

/** What a set, or a map, of the rule's table has. */
type ElementsOf = (name: string) => readonly unknown[] | undefined;

/** What neither chooses packets nor decides about them. */
const harmless = ["counter", "log", "mangle", "notrack", "comment"];

type ReadRule = Pick<
  FirewallRule,
  "matches" | "verdict" | "target" | "to" | "packets" | "isUntracking"
>;

/** One rule; of a map of verdicts, one for each of its keys. */
function readExpressions(
  expressions: Record<string, unknown>[],
  elementsOf: ElementsOf,
): ReadRule[] {
  const matches: FirewallMatch[] = [];
  const cases: Pick<ReadRule, "matches" | "verdict" | "target">[] = [];
  let verdict: string | undefined;
  let target: string | undefined;
  let to: FirewallRule["to"];
  let packets: number | undefined;
  for (const each of expressions) {
    const { match, counter, jump, goto, vmap, xt, dnat, redirect } = expressionSchema.parse(each);
    const own = verdicts.find((name) => name in each);
    const isTarget = xt?.type === "target";
    packets = counter?.packets ?? packets;
    verdict ??= own;
    target = (jump ?? goto)?.target ?? target;
    to = dnat ?? redirect ?? to;
    // An iptables rule that nft can't put into its own words.
    if (isTarget) verdict ??= xt?.name?.toLowerCase();
    if (match !== undefined) matches.push(withElements(match, elementsOf));
    else if (vmap !== undefined) cases.push(...casesOf(vmap, elementsOf));
    else if (own === undefined && target === undefined && !isTarget) {
      // A limit, a quota, a match of iptables' own: which packets it is about can't be told.
      const unread = Object.keys(each).filter((name) => !harmless.includes(name));
      matches.push(...unread.map((left) => ({ left, op: "?", right: "" })));
    }
  }
  const rule = {
    matches,
    verdict: target === undefined ? verdict : "jump",
    target,
    to,
    packets,
    ...(expressions.some((each) => "notrack" in each) ? { isUntracking: true as const } : {}),
  };
  if (cases.length === 0) return [rule];
  return cases.map((each) => ({ ...rule, ...each, matches: [...matches, ...each.matches] }));
}

function withElements(match: FirewallMatch, elementsOf: ElementsOf): FirewallMatch {
  if (!match.right.startsWith("@")) return match;
  const elements = elementsOf(match.right.slice(1));
  return elements === undefined ? { ...match, op: "?" } : { ...match, right: rightText(elements) };
}

function casesOf(
  { key, data }: { key: unknown; data: unknown },
  elementsOf: ElementsOf,
): Pick<ReadRule, "matches" | "verdict" | "target">[] {
  const left = leftText(key);
  const inline = valueSchema.safeParse(data).data?.set;
  const pairs =
    typeof data === "string" && data.startsWith("@") ? elementsOf(data.slice(1)) : inline;
  const read = z.array(z.tuple([z.unknown(), expression])).safeParse(pairs);
  if (!read.success)
    return [{ matches: [{ left, op: "?", right: "" }], verdict: "drop", target: undefined }];
  return read.data.map(([value, verdict]) => {
    const { jump, goto } = expressionSchema.parse(verdict);
    const target = (jump ?? goto)?.target;
    return {
      matches: [{ left, op: "==", right: rightText(value) }],
      verdict: target === undefined ? verdicts.find((name) => name in verdict) : "jump",
      target,
    };
  });
}

const jumpSchema = z.looseObject({ target: z.string() }).optional().catch(undefined);
const matchSchema = z
  .looseObject({ op: z.string(), left: z.unknown(), right: z.unknown() })
  .transform(({ op, left, right }) => ({ op, left: leftText(left), right: rightText(right) }));

const translationSchema = z
  .looseObject({
    addr: z.string().optional().catch(undefined),
    port: z.number().optional().catch(undefined),
  })
  .transform(({ addr, port }) => ({
    ...(addr === undefined ? {} : { address: addr }),
    ...(port === undefined ? {} : { port }),
  }))
  .optional()
  .catch(undefined);

const expressionSchema = z.looseObject({
  dnat: translationSchema,
  redirect: translationSchema,
  match: matchSchema.optional().catch(undefined),
  counter: z.looseObject({ packets: z.number() }).optional().catch(undefined),
  jump: jumpSchema,
  goto: jumpSchema,
  vmap: z.looseObject({ key: z.unknown(), data: z.unknown() }).optional().catch(undefined),
  xt: z
    .looseObject({ type: z.string().optional(), name: z.string().optional() })
    .optional()
    .catch(undefined),
});

const sideSchema = z.looseObject({
  payload: z
    .looseObject({ protocol: z.string().default("raw"), field: z.string().default("") })
    .optional(),
  meta: z.looseObject({ key: z.string() }).optional(),
  ct: z.looseObject({ key: z.string() }).optional(),
  fib: z.looseObject({ result: z.string(), flags: z.unknown() }).optional(),
  "&": z.array(z.unknown()).optional(),
  concat: z.array(z.unknown()).optional(),
});

function leftText(left: unknown): string {
  const side = sideSchema.safeParse(left);
  if (!side.success) return JSON.stringify(left);
  const { payload, meta, ct, fib, "&": masked, concat } = side.data;
  if (payload !== undefined) return `${payload.protocol} ${payload.field}`.trim();
  if (meta !== undefined) return meta.key;
  if (ct !== undefined) return `ct ${ct.key}`;
  if (fib !== undefined) return `fib ${rightText(fib.flags)} ${fib.result}`;
  if (concat !== undefined) return concat.map(leftText).join(together);
  if (masked !== undefined) return `${leftText(masked[0])} & ${masked[1]}`;
  return JSON.stringify(left);
}

const valueSchema = z.looseObject({
  prefix: z.looseObject({ addr: z.string(), len: z.number() }).optional(),
  range: z.array(z.unknown()).optional(),
  set: z.unknown().optional(),
  concat: z.array(z.unknown()).optional(),
  /** Of a set whose elements expire, are counted or are commented. */
  elem: z.looseObject({ val: z.unknown() }).optional(),
});

function rightText(right: unknown): string {
  if (Array.isArray(right)) return right.map(rightText).join(",");
  const value = valueSchema.safeParse(right);
  if (!value.success) return String(right);
  const { prefix, range, set, concat, elem } = value.data;
  if (concat !== undefined) return concat.map(rightText).join(together);
  if (prefix !== undefined) return `${prefix.addr}/${prefix.len}`;
  if (range !== undefined) return range.map(rightText).join("-");
  if (elem !== undefined) return rightText(elem.val);
  return set === undefined ? JSON.stringify(right) : rightText(set);
}
