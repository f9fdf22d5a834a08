import { z } from "zod";
import type { ExecOptions } from "../engine/exec.ts";
import { LabError } from "../errors.ts";
import type { RunningLab } from "./running-lab.ts";

/** A node as Headscale knows it. */
export interface HeadscaleNode {
  id: string;
  /** In a lab what it calls itself; where it is one of the machines that are looked at, that one's. */
  name: string;
  /** What it calls itself. */
  hostname: string;
  /** The name in MagicDNS; another than `name` where that was taken. */
  givenName: string;
  addresses: string[];
  /** Headscale's own `tagged-devices` stands for nodes with tags. */
  user: string;
  tags: string[];
  online: boolean;
  advertisedRoutes: string[];
  approvedRoutes: string[];
  /** Milliseconds since 1970; undefined where its key does not expire. */
  expiry: number | undefined;
  nodeKey: string;
}

// Headscale leaves out what is empty, and prints ids as numbers or strings, by version. Before 0.28 it told tags apart by
// who gave them, before 0.26 it listed routes by themselves.
const list = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);
const nodesSchema = z
  .array(
    z
      .looseObject({
        id: z.union([z.number(), z.string()]),
        name: z.string(),
        given_name: z.string(),
        ip_addresses: list,
        // Who comes by OpenID Connect may have an address alone.
        user: z
          .looseObject({ name: z.string().optional(), email: z.string().optional() })
          .nullish(),
        tags: list,
        forced_tags: list,
        valid_tags: list,
        online: z.boolean().default(false),
        available_routes: list,
        approved_routes: list,
        expiry: z.looseObject({ seconds: z.number().default(0) }).nullish(),
        node_key: z.string().default(""),
      })
      .transform(
        (node): HeadscaleNode => ({
          id: String(node.id),
          name: node.name,
          hostname: node.name,
          givenName: node.given_name,
          addresses: node.ip_addresses,
          user: node.user?.name || node.user?.email || "",
          tags: [...new Set([...node.tags, ...node.forced_tags, ...node.valid_tags])],
          online: node.online,
          advertisedRoutes: node.available_routes.filter(isPrefix),
          approvedRoutes: node.approved_routes.filter(isPrefix),
          // A time of the year 1 stands for none.
          expiry: (node.expiry?.seconds ?? 0) > 0 ? (node.expiry?.seconds ?? 0) * 1000 : undefined,
          nodeKey: node.node_key,
        }),
      ),
  )
  .nullish()
  .transform((nodes) => nodes ?? []);

/** `headscale nodes list -o json`. */
export function parseHeadscaleNodes(text: string): HeadscaleNode[] {
  return nodesSchema.parse(JSON.parse(text)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Whether a list of nodes tells of routes: where none has any, it may be of a version whose list does not. */
export function namesRoutes(nodes: readonly HeadscaleNode[]): boolean {
  return nodes.some(
    ({ advertisedRoutes, approvedRoutes }) => advertisedRoutes.length + approvedRoutes.length > 0,
  );
}

export async function headscaleNodes(
  lab: RunningLab,
  signal?: AbortSignal,
): Promise<HeadscaleNode[]> {
  return parseHeadscaleNodes(await headscale(lab, ["nodes", "list", "-o", "json"], { signal }));
}

/** Approves exactly these routes of a node, and no others; an empty list takes all approvals back. */
export async function approveRoutes(
  lab: RunningLab,
  node: string,
  routes: readonly string[],
): Promise<void> {
  const { id } = await nodeOf(lab, node);
  await headscale(lab, ["nodes", "approve-routes", "-i", id, "-r", routes.join(",")]);
}

/** Headscale's own command line in the control container; its standard output. */
function headscale(lab: RunningLab, args: string[], options?: ExecOptions): Promise<string> {
  return lab.control.output(["headscale", ...args], options);
}

/** A node as Headscale knows it, also while another calls itself so. Throws NodeNotFound. */
export async function nodeOf(lab: RunningLab, name: string): Promise<HeadscaleNode> {
  const nodes = await headscaleNodes(lab);
  const node =
    nodes.find(({ givenName }) => givenName === name) ?? nodes.find((each) => each.name === name);
  if (node !== undefined) return node;
  throw new LabError("NodeNotFound", "Headscale knows no node of this name", {
    where: lab.node(name).name,
    remedy: "only nodes with Tailscale join; see `tailnet-lab inspect`",
  });
}

/** Headscale may hold an empty one for none. */
function isPrefix(route: string): boolean {
  return z.union([z.cidrv4(), z.cidrv6()]).safeParse(route).success;
}
