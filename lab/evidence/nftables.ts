import { z } from "zod";

/** `nft -j list ruleset`: base chains and their rules, with counters. */
export interface FirewallRules {
  chains: FirewallChain[];
  rules: FirewallRule[];
}

export interface FirewallChain {
  family: string;
  table: string;
  name: string;
  /** Undefined for a chain that others jump to. */
  hook: string | undefined;
  priority: number;
  /** `accept` or `drop`, of a base chain. */
  policy: string | undefined;
}

export interface FirewallRule {
  family: string;
  table: string;
  chain: string;
  matches: FirewallMatch[];
  /** `accept`, `drop`, `reject`, `masquerade`, `snat`, `dnat`, `jump`, `return`; undefined for one that only counts or marks. */
  verdict: string | undefined;
  /** The chain of a jump or goto. */
  target: string | undefined;
  /** Undefined without a counter. */
  packets: number | undefined;
}

export interface FirewallMatch {
  /** `iifname`, `ip saddr`, `tcp dport`, `ct state`, `meta length`, `l4proto`. */
  left: string;
  /** `==`, `!=`, `<`, `>`, `in`. */
  op: string;
  /** As text: `tailscale0*`, `100.64.0.0/10`, `80`, `22,80-90`. */
  right: string;
}

const expression = z.record(z.string(), z.unknown());
const rulesetSchema = z.looseObject({
  nftables: z.array(
    z.looseObject({
      chain: z
        .looseObject({
          family: z.string(),
          table: z.string(),
          name: z.string(),
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
          expr: z.array(expression).default([]),
        })
        .optional(),
    }),
  ),
});

const verdicts = ["accept", "drop", "reject", "masquerade", "snat", "dnat", "redirect", "return"];

export function parseRuleset(text: string): FirewallRules {
  const { nftables } = rulesetSchema.parse(JSON.parse(text));
  return {
    chains: nftables.flatMap(({ chain }) =>
      chain === undefined
        ? []
        : [
            {
              ...pick(chain),
              name: chain.name,
              hook: chain.hook,
              priority: chain.prio,
              policy: chain.policy,
            },
          ],
    ),
    rules: nftables.flatMap(({ rule }) =>
      rule === undefined
        ? []
        : [{ ...pick(rule), chain: rule.chain, ...readExpressions(rule.expr) }],
    ),
  };
}

function pick({ family, table }: { family: string; table: string }) {
  return { family, table };
}

function readExpressions(
  expressions: Record<string, unknown>[],
): Pick<FirewallRule, "matches" | "verdict" | "target" | "packets"> {
  const matches: FirewallMatch[] = [];
  let verdict: string | undefined;
  let target: string | undefined;
  let packets: number | undefined;
  for (const each of expressions) {
    const { match, counter, jump, goto, xt } = expressionSchema.parse(each);
    if (match !== undefined) matches.push(match);
    packets = counter?.packets ?? packets;
    verdict ??= verdicts.find((name) => name in each);
    target = (jump ?? goto)?.target ?? target;
    // An iptables rule that nft can't put into its own words.
    if (xt?.type === "target") verdict ??= xt.name?.toLowerCase();
  }
  return { matches, verdict: target === undefined ? verdict : "jump", target, packets };
}

const jumpSchema = z.looseObject({ target: z.string() }).optional().catch(undefined);
const matchSchema = z
  .looseObject({ op: z.string(), left: z.unknown(), right: z.unknown() })
  .transform(({ op, left, right }) => ({ op, left: leftText(left), right: rightText(right) }));

const expressionSchema = z.looseObject({
  match: matchSchema.optional().catch(undefined),
  counter: z.looseObject({ packets: z.number() }).optional().catch(undefined),
  jump: jumpSchema,
  goto: jumpSchema,
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
  "&": z.array(z.unknown()).optional(),
});

function leftText(left: unknown): string {
  const side = sideSchema.safeParse(left);
  if (!side.success) return JSON.stringify(left);
  const { payload, meta, ct, "&": masked } = side.data;
  if (payload !== undefined) return `${payload.protocol} ${payload.field}`.trim();
  if (meta !== undefined) return meta.key;
  if (ct !== undefined) return `ct ${ct.key}`;
  if (masked !== undefined) return `${leftText(masked[0])} & ${masked[1]}`;
  return JSON.stringify(left);
}

const valueSchema = z.looseObject({
  prefix: z.looseObject({ addr: z.string(), len: z.number() }).optional(),
  range: z.array(z.unknown()).optional(),
  set: z.unknown().optional(),
});

function rightText(right: unknown): string {
  if (Array.isArray(right)) return right.map(rightText).join(",");
  const value = valueSchema.safeParse(right);
  if (!value.success) return String(right);
  const { prefix, range, set } = value.data;
  if (prefix !== undefined) return `${prefix.addr}/${prefix.len}`;
  if (range !== undefined) return range.map(rightText).join("-");
  return set === undefined ? JSON.stringify(right) : rightText(set);
}

/** A rule as nft prints it, near enough to be found there. */
export function ruleText({
  family,
  table,
  chain,
  matches,
  verdict,
  target,
  packets,
}: FirewallRule): string {
  const words = matches.map(({ left, op, right }) =>
    op === "==" || op === "in" ? `${left} ${right}` : `${left} ${op} ${right}`,
  );
  const counter = packets === undefined ? [] : [`counter packets ${packets}`];
  const end = target === undefined ? (verdict ?? "") : `jump ${target}`;
  return [`table ${family} ${table}, chain ${chain}:`, ...words, ...counter, end].join(" ").trim();
}
