import { hasHostBits, prefix, withoutHostBits } from "../topology/prefix.ts";
import { reservedFor } from "../topology/reserved.ts";
import type { LabDeclaration } from "../topology/schema.ts";
import { assumed, type Draft, saw } from "./draft.ts";
import type { NodeFacts, Seen, TailnetFacts } from "./facts.ts";
import type { Place } from "./networks.ts";
import { servicesFor } from "./services.ts";

type DeclaredNode = Extract<LabDeclaration["nodes"][string], { kind: "tailscale" }>;

/** The tailnet's nodes, each with its settings as far as they were seen. */
export function addNodes(
  draft: Draft,
  facts: TailnetFacts,
  places: ReadonlyMap<NodeFacts, Place>,
): void {
  for (const node of facts.nodes) {
    const place = places.get(node) ?? { network: "internet" };
    draft.declaration.nodes[node.name] = {
      kind: "tailscale",
      ...place,
      ...ownerOf(draft, node),
      ...routesOf(draft, node),
      ...settingsOf(draft, node, facts),
    };
    if (!node.isCaptured) {
      assumed(
        draft,
        ["nodes", node.name],
        "known by others alone, so its own settings are the defaults",
      );
    }
    if (node.sharedFrom !== undefined) {
      const what = `a node of this tailnet; it is shared from ${node.sharedFrom}`;
      assumed(draft, ["nodes", node.name], what);
    }
    if (node.hostname !== undefined && node.hostname !== node.name) {
      assumed(
        draft,
        ["nodes", node.name],
        `its name; it calls itself ${JSON.stringify(node.hostname)}`,
      );
    }
  }
}

function ownerOf(draft: Draft, node: NodeFacts): Pick<DeclaredNode, "user" | "tags"> {
  const tags = (node.tags?.value ?? []).filter((tag) => /^tag:[a-z][a-z0-9-]*$/.test(tag));
  if (tags.length > 0) {
    saw(draft, ["nodes", node.name, "tags"], node.tags?.from ?? "");
    return { tags };
  }
  const path = ["nodes", node.name, "user"];
  if (node.user === undefined) {
    assumed(draft, path, "whose it is was not seen");
    return { user: "somebody" };
  }
  saw(draft, path, node.user.from);
  const user = draft.userName(node.user.value);
  if (user !== node.user.value) assumed(draft, path, `for ${node.user.value}`);
  return { user };
}

function routesOf(
  draft: Draft,
  node: NodeFacts,
): Pick<DeclaredNode, "advertiseRoutes" | "exitNode"> {
  if (node.advertised === undefined) return {};
  const { value, from } = node.advertised;
  const routes = value
    .filter((route) => prefix(route).length > 0)
    .filter((route) => {
      const of = prefix(route);
      const reserved = reservedFor(of);
      if (reserved !== undefined) {
        draft.leftOut.push(
          `${node.name}: the route ${route} (${from}), as the lab has ${reserved.range.text} itself`,
        );
      }
      return reserved === undefined;
    });
  const declared: Pick<DeclaredNode, "advertiseRoutes" | "exitNode"> = {};
  if (routes.length > 0) {
    declared.advertiseRoutes = [
      ...new Set(
        routes.map((route) =>
          hasHostBits(prefix(route)) ? withoutHostBits(prefix(route)) : route,
        ),
      ),
    ];
    saw(draft, ["nodes", node.name, "advertiseRoutes"], from);
  }
  if (value.some((route) => prefix(route).length === 0)) {
    declared.exitNode = true;
    saw(draft, ["nodes", node.name, "exitNode"], from);
  }
  return declared;
}

function settingsOf(draft: Draft, node: NodeFacts, facts: TailnetFacts): Partial<DeclaredNode> {
  const declared: Partial<DeclaredNode> = {};
  const take = <Key extends "acceptRoutes" | "acceptDns" | "snatSubnetRoutes">(
    key: Key,
    seen: Seen<boolean> | undefined,
  ) => {
    if (seen === undefined) return;
    declared[key] = seen.value;
    saw(draft, ["nodes", node.name, key], seen.from);
  };
  take("acceptRoutes", node.acceptRoutes);
  take("acceptDns", node.acceptDns);
  if (node.snat?.value === false) take("snatSubnetRoutes", node.snat);
  if (node.exitNode !== undefined) {
    const { value, from } = node.exitNode;
    const used = facts.nodes.find(
      ({ name, tailnetAddresses }) => name === value || tailnetAddresses.includes(value),
    );
    const offers = used?.advertised?.value.some((route) => prefix(route).length === 0);
    if (used === undefined || offers !== true || used === node) {
      draft.leftOut.push(
        `${node.name}: it uses ${value} as exit node (${from}), which was not seen to offer it`,
      );
    } else if (node.advertised?.value.some((route) => prefix(route).length === 0)) {
      draft.leftOut.push(
        `${node.name}: it uses ${value} as exit node (${from}), and offers itself as one, which a lab's can't`,
      );
    } else {
      declared.useExitNode = used.name;
      saw(draft, ["nodes", node.name, "useExitNode"], from);
      if (node.allowLanAccess?.value === true) {
        declared.allowLanAccess = true;
        saw(draft, ["nodes", node.name, "allowLanAccess"], node.allowLanAccess.from);
      }
    }
  }
  const { listening, loopback, published } = node;
  const services = servicesFor(
    [...(listening?.value ?? []), ...(loopback?.value ?? [])],
    published?.value,
  );
  if (services.length > 0) {
    declared.services = services;
    const path = ["nodes", node.name, "services"];
    if (listening !== undefined) saw(draft, path, `the ports (${listening.from})`);
    if (published !== undefined) saw(draft, path, `what is published (${published.from})`);
    assumed(draft, path, "what listens there, by the port's number");
  }
  return declared;
}
