import { isIPv6 } from "node:net";
import { LabError } from "../errors.ts";
import type { ServiceSpec } from "../plan/plan.ts";
import { headscaleNodes } from "../running/headscale.ts";
import type { RunningLab } from "../running/running-lab.ts";
import type { RunningNode } from "../running/running-node.ts";
import type { Target } from "./outcome.ts";
import { statusOf } from "./status.ts";

/** A target as a person writes it: `server`, `server:80`, `www.example.com:80`, `[fd7a::1]:80`. */
export function splitTarget(text: string): { host: string; port: number | undefined } {
  const match = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? (isIPv6(text) ? text : undefined);
  const port = match?.[3] === undefined ? undefined : Number(match[3]);
  if (port !== undefined && (port < 1 || port > 65_535)) {
    throw new LabError("UsageInvalid", `there is no port ${match?.[3]}`, {
      where: text,
      remedy: "name one from 1 to 65535",
    });
  }
  if (host === undefined) {
    throw new LabError("UsageInvalid", "this is no node, name or address with a port", {
      where: text,
      remedy: "write NODE, NODE:PORT, NAME:PORT, ADDRESS:PORT or [IPV6]:PORT",
    });
  }
  return { host, port };
}

/** A name with a dot, or an address, is resolved by the caller, though we may know whose it is. */
export function isNodeName(host: string): boolean {
  return !/[.:]/.test(host);
}

/**
 * The service that is meant. A node's name stands for its tailnet address, or its own where it runs no
 * Tailscale; without a port, its first service of the protocol. Other names are resolved where they are used.
 */
export async function targetOf(
  lab: RunningLab,
  text: string,
  protocol: "tcp" | "udp",
): Promise<Target & { port: number }> {
  const { host, port } = splitTarget(text);
  const isNode = isNodeName(host);
  const node = isNode
    ? lab.node(host)
    : lab.nodes.find(({ spec }) => host === `${spec.name}.${spec.tailnet?.domain}`);
  const services = node?.spec.services.filter((service) => speaks(service, protocol)) ?? [];
  const service =
    port === undefined ? services[0] : services.find((candidate) => candidate.port === port);
  const chosen = port ?? service?.port;
  if (chosen === undefined) {
    throw new LabError(
      "UsageInvalid",
      `which port? ${host} has no ${protocol} service of its own`,
      {
        where: text,
        remedy: `write ${isIPv6(host) ? `[${host}]` : host}:PORT`,
      },
    );
  }
  const address = node !== undefined && isNode ? await addressOf(lab, node) : host;
  return { host: address, port: chosen, protocol, service: service?.kind };
}

function speaks({ kind }: ServiceSpec, protocol: "tcp" | "udp"): boolean {
  return kind === "dns" || (kind === "udp-echo") === (protocol === "udp");
}

async function addressOf(lab: RunningLab, node: RunningNode): Promise<string> {
  const { name, kind, addresses } = node.spec;
  if (kind !== "tailscale") return addresses[0] ?? name;
  const registered = await registeredAddresses(lab, name);
  const [address] = registered.length > 0 ? registered : await ownAddresses(node);
  if (address !== undefined) return address;
  throw new LabError("NodeFailed", "it is not in the tailnet: Headscale knows no address of it", {
    where: name,
    remedy: `see tailnet-lab logs ${name}`,
  });
}

/** None where Headscale can't be asked, or does not know it. */
async function registeredAddresses(lab: RunningLab, name: string): Promise<string[]> {
  try {
    return (await headscaleNodes(lab)).find((node) => node.name === name)?.addresses ?? [];
  } catch (error) {
    if (error instanceof LabError && error.name !== "EngineLost") return [];
    throw error;
  }
}

async function ownAddresses(node: RunningNode): Promise<string[]> {
  return (await statusOf(node)).self?.addresses ?? [];
}
