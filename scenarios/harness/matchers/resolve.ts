import { askDns, resolveName } from "../../../lab/observe/resolve.ts";
import type { RunningNode } from "../../../lab/running/running-node.ts";
import type { MatcherResult } from "./verdict.ts";

/** The resolver that tailscaled answers at in every node. */
const quad100 = "100.100.100.100";

export interface ResolveExpectation {
  /** The address that must be among the answers. */
  to?: string;
}

/** A name resolves as programs ask (getaddrinfo) and, in full, at 100.100.100.100, alike. */
export async function toResolve(
  node: RunningNode,
  name: string,
  { to }: ResolveExpectation = {},
): Promise<MatcherResult> {
  const full = fullName(node, name);
  const [addresses, answer] = await Promise.all([
    resolveName(node, name),
    askDns(node, quad100, full, to?.includes(":") ? "AAAA" : "A"),
  ]);
  const wanted = (found: readonly string[]) =>
    to === undefined ? found.length > 0 : found.includes(to);
  return {
    pass: wanted(addresses) && answer.status === "NOERROR" && wanted(answer.answers),
    message: () =>
      `${node.name} resolves ${name}\nexpected: ${to ?? "an address"}\nseen:     getaddrinfo: ${addresses.join(", ") || "nothing"}\n          ${quad100}: ${answer.status} ${answer.answers.join(", ")}`,
    asked: { from: node, to: full },
  };
}

/** The name does not exist, and the resolver says just that: NXDOMAIN, not silence. */
export async function toFindNoName(node: RunningNode, name: string): Promise<MatcherResult> {
  const full = fullName(node, name);
  const [addresses, answer] = await Promise.all([
    resolveName(node, name),
    askDns(node, quad100, full),
  ]);
  return {
    pass: addresses.length === 0 && answer.status === "NXDOMAIN",
    message: () =>
      `${node.name} resolves ${name}\nexpected: NXDOMAIN\nseen:     getaddrinfo: ${addresses.join(", ") || "nothing"}\n          ${quad100}: ${answer.status} ${answer.answers.join(", ")}`,
    asked: { from: node, to: full },
  };
}

/** A resolver itself knows no search list. */
function fullName(node: RunningNode, name: string): string {
  const domain = node.spec.tailnet?.domain;
  return name.includes(".") || domain === undefined ? name : `${name}.${domain}`;
}
