import { LabError } from "../../../lab/errors.ts";
import { statusOf } from "../../../lab/observe/status.ts";
import type { ServiceSpec } from "../../../lab/plan/plan.ts";
import type { RunningNode } from "../../../lab/running/running-node.ts";

/** By which of its names and addresses a node is asked for. */
export type By = "name" | "ipv4" | "ipv6";

/** What a matcher accepts as a target: a node, or any name or address. */
export type TargetLike = RunningNode | string;

/** How a caller finds a node: its tailnet address, or, without Tailscale, its own. */
export async function hostOf(target: TargetLike, by: By): Promise<string> {
  const [host = ""] = await hostsOf([{ target, by }]);
  return host;
}

/** hostOf for many: each node is looked at once. */
export async function hostsOf(
  targets: readonly { target: TargetLike; by: By }[],
): Promise<string[]> {
  const known = new Map<RunningNode, Promise<string[]>>();
  return Promise.all(
    targets.map(async ({ target, by }) => {
      if (typeof target === "string") return target;
      if (by === "name") return fullName(target);
      const addresses = known.get(target) ?? addressesOf(target);
      known.set(target, addresses);
      return pick(target, await addresses, by);
    }),
  );
}

function fullName({ name, spec: { tailnet } }: RunningNode): string {
  if (tailnet !== undefined) return `${tailnet.hostname}.${tailnet.domain}`;
  throw new LabError("UsageInvalid", "it runs no Tailscale, so MagicDNS has no name of it", {
    where: name,
    remedy: "hand the matcher the name itself, or ask by ipv4",
  });
}

async function addressesOf(target: RunningNode): Promise<string[]> {
  if (target.spec.tailnet === undefined) return target.spec.addresses;
  return (await statusOf(target)).self?.addresses ?? [];
}

function pick(target: RunningNode, addresses: readonly string[], by: By): string {
  const address = addresses.find((each) => each.includes(":") === (by === "ipv6"));
  if (address === undefined) {
    throw new LabError("UsageInvalid", `it has no ${by} address`, {
      where: target.name,
      remedy: `ask by ${by === "ipv6" ? "ipv4" : "ipv6"}`,
    });
  }
  return address;
}

export function nameOf(target: TargetLike): string {
  return typeof target === "string" ? target : target.name;
}

/** What a node serves on a port, as far as the plan knows. */
export function serviceOn(
  target: TargetLike,
  protocol: string,
  port: number | undefined,
): ServiceSpec["kind"] | undefined {
  if (typeof target === "string") return undefined;
  const isUdp = (kind: ServiceSpec["kind"]) => kind === "udp-echo" || kind === "dns";
  return target.spec.services.find(
    (service) => service.port === port && isUdp(service.kind) === (protocol === "udp"),
  )?.kind;
}
