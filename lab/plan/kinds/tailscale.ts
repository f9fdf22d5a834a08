import type { TailscaleNode } from "../../topology/schema.ts";
import { serverAddress } from "../addresses.ts";
import { bootScript, withVariables } from "../boot.ts";
import { controlUrl } from "../headscale-config.ts";
import { type Machine, nodeSpec, type Placement } from "../machine.ts";
import { memberOf } from "../members.ts";
import { planServices, publishedPorts, serviceSpecs } from "../services.ts";
import { own, shared } from "../volumes.ts";

/** What a lab's Tailscale nodes have in common. */
export interface TailnetParts {
  /** Tailscale's version. */
  version: string;
  /** MagicDNS's base domain. */
  domain: string;
  secret: string;
}

/** A machine with tailscaled, which joins as soon as control has left it a key. */
export function tailscaleNode(
  node: TailscaleNode,
  { version, domain, secret }: TailnetParts,
  at: Placement,
): Machine {
  const services = planServices(node.services);
  const { identity, delivery, user } = memberOf(at.name, node, secret);
  const join = withVariables("tailscale.sh", {
    identity,
    delivery: delivery.name,
    tagged: user === undefined ? "yes" : "",
    gateway: at.gateway ?? "",
    resolver: serverAddress.dns,
    up_flags: upFlags(at.name, node),
    exit_node: node.useExitNode ?? "",
    allow_lan_access: String(node.allowLanAccess),
    published: publishedPorts(node.services).map(String),
  });
  return {
    spec: nodeSpec("tailscale", at, {
      network: node.network,
      services: serviceSpecs(node),
      tailnet: {
        hostname: at.name,
        ...(user === undefined ? {} : { user }),
        tags: node.tags ?? [],
        domain,
      },
    }),
    image: { program: "tailscale", version },
    interfaces: at.interfaces,
    boot: bootScript(at, {
      resolver: serverAddress.dns,
      start: `step "start services"\n${services.start}\n${join}`,
    }),
    files: services.files,
    environment: { ...node.environment, TAILNET_LAB_TOKEN: delivery.token },
    forwards: node.exitNode || node.advertiseRoutes.length > 0,
    tun: true,
    mounts: [
      shared(at.lab, "tailnet", true),
      shared(at.lab, "requests", false),
      own(at.lab, at.name),
    ],
  };
}

function upFlags(name: string, node: TailscaleNode): string[] {
  return [
    // The declaration's settings and no others: `up` refuses to start where its state has more.
    "--reset",
    `--login-server=${controlUrl}`,
    `--hostname=${name}`,
    `--accept-dns=${node.acceptDns}`,
    `--accept-routes=${node.acceptRoutes}`,
    `--advertise-exit-node=${node.exitNode}`,
    `--advertise-routes=${node.advertiseRoutes.join(",")}`,
    `--snat-subnet-routes=${node.snatSubnetRoutes}`,
    "--timeout=60s",
  ];
}
