import type { HeadscaleNode } from "../running/headscale.ts";
import { type Policy, policyUsers, readPolicy } from "../topology/policy.ts";
import { covers, isAddress, isTailnetAddress } from "./prefix.ts";

/** A new connection, as a filter judges it. */
export interface Packet {
  source: string;
  destination: string;
  /** Undefined: any port will do. */
  port: number | undefined;
  protocol: "tcp" | "udp";
}

/**
 * The rule by which control's policy certainly lets a packet in, as JSON; undefined where none does, or where it takes
 * more than users, groups, tags, hosts and addresses to tell.
 */
export function permittingRule(
  text: string,
  nodes: readonly HeadscaleNode[],
  packet: Packet,
  users?: readonly string[] | undefined,
): string | undefined {
  const { policy } = readPolicy(text, "policy");
  if (policy === undefined) return undefined;
  // A node may be listed with the name that its user had before.
  const unknown = users === undefined ? [] : unknownUsersOf(policy, users);
  const isKnown = (selector: string) => !unknown.includes(selector);
  const rule = rulesOf(policy).find(
    ({ src, dst, ports }) =>
      ports.some((each) => opens(each, packet)) &&
      src.some((each) => names(policy, nodes, each, packet.source, isKnown)) &&
      dst.some((each) => names(policy, nodes, each, packet.destination, isKnown)),
  );
  return rule === undefined ? undefined : JSON.stringify(rule.written);
}

/** Users that a policy mentions, as it writes them, and that control does not have. */
export function unknownUsers(text: string, users: readonly string[]): string[] {
  const { policy } = readPolicy(text, "policy");
  return policy === undefined ? [] : unknownUsersOf(policy, users);
}

function unknownUsersOf(policy: Policy, users: readonly string[]): string[] {
  return policyUsers(policy)
    .filter((user) => !users.includes(user))
    .map((user) => `${user}@`);
}

interface Rule {
  src: readonly string[];
  dst: readonly string[];
  /** `*`, `80`, `80-90`, `tcp:80`, `tcp:*` */
  ports: readonly string[];
  written: unknown;
}

function rulesOf({ acls = [], grants = [] }: Policy): Rule[] {
  const ofAcls = acls.flatMap((rule) => {
    const { src, dst, action, proto } = rule;
    if (action !== "accept") return [];
    return dst.flatMap((target) => {
      const { host, ports } = /^(?<host>.+):(?<ports>[^:]+)$/.exec(target)?.groups ?? {};
      if (host === undefined || ports === undefined) return [];
      const withProtocol = (port: string) =>
        typeof proto === "string" && proto !== "" ? `${proto}:${port}` : port;
      return [{ src, dst: [host], ports: ports.split(",").map(withProtocol), written: rule }];
    });
  });
  const ofGrants = grants.flatMap((rule) => {
    const { src, dst, ip, ...others } = rule;
    // A posture or a `via` is more than can be told here.
    if (!Array.isArray(ip) || Object.keys(others).some((key) => key !== "app")) return [];
    return [{ src, dst, ports: ip.map(String), written: rule }];
  });
  return [...ofAcls, ...ofGrants];
}

function opens(ports: string, { port, protocol }: Packet): boolean {
  const match = /^(?:(tcp|udp):)?(?:(\*)|(\d+)(?:-(\d+))?)$/.exec(ports);
  if (match === null) return false;
  const [, only, any, first, last] = match;
  if (only !== undefined && only !== protocol) return false;
  if (any !== undefined || port === undefined) return true;
  return Number(first) <= port && port <= Number(last ?? first);
}

/** Whether a source or destination of a rule certainly means an address. */
function names(
  policy: Policy,
  nodes: readonly HeadscaleNode[],
  selector: string,
  address: string,
  isKnown: (selector: string) => boolean,
): boolean {
  if (!isKnown(selector)) return false;
  if (selector === "*") return isTailnetAddress(address);
  const group = policy.groups[selector];
  if (group !== undefined)
    return group.some((each) => names(policy, nodes, each, address, isKnown));
  const host = policy.hosts?.[selector];
  if (host !== undefined) return covers(host, address);
  if (isAddress(selector.split("/")[0] ?? "")) return covers(selector, address);
  const node = nodes.find(({ addresses }) => addresses.includes(address));
  if (node === undefined) return false;
  const isTagged = node.tags.length > 0;
  if (selector.startsWith("tag:")) return node.tags.includes(selector);
  if (selector === "autogroup:tagged") return isTagged;
  if (selector === "autogroup:member") return !isTagged;
  return !isTagged && selector.includes("@") && selector.replace(/@$/, "") === node.user;
}
