import path from "node:path";
import type { TailscaleNode, Topology } from "../../topology/schema.ts";
import { serverAddress } from "../addresses.ts";
import { bootScript, quote } from "../boot.ts";
import { controlUrl, serverName } from "../headscale-config.ts";
import { identityOf } from "../identity.ts";
import { type Machine, nodeSpec, type Placement, placeOf } from "../machine.ts";
import { planServices, serviceSpecs } from "../services.ts";
import { onVolume } from "../volume.ts";

/** A machine with tailscaled, which joins as soon as control invites it. */
export function tailscaleNode(
  topology: Topology,
  node: TailscaleNode,
  version: string,
  at: Placement,
): Machine {
  const services = planServices(node.services);
  const identity = identityOf(node);
  const state = `${onVolume.state(at.name)}/${identity.file}`;
  const socket = onVolume.socket(at.name);
  const start = `step "start services"
${services.start}
step "wait for the tailnet to open"
wait_for 120 "the control server to open the tailnet" test -e ${onVolume.invitation(at.name, identity)}
${
  at.gateway === undefined
    ? ""
    : `wait_for 60 "an answer of the internet's DNS, through the router" dig +short +tries=1 +time=1 @${serverAddress.dns} ${serverName.control}`
}
step "start tailscaled"
mkdir -p ${state} ${path.dirname(socket)} /var/run/tailscale
rm -f ${socket}
ln -sf ${socket} /var/run/tailscale/tailscaled.sock
tailscaled --statedir=${state} --socket=${socket} --port=41641 --no-logs-no-support &
wait_for 30 "tailscaled" test -S ${socket}
`;
  const join = `step "join the tailnet"
# On a busy machine its watch may fall behind a tailscaled that goes on joining.
said=$(tailscale up ${upFlags(at.name, node).map(quote).join(" ")} 2>&1) ||
  [[ $said == *"consumer fell behind"* ]] || fail "$last_step: tailscale: $(last_words "$said")"
# "Up" does not say that the kernel has its routes; the resolver's are there in every tailnet.
wait_for 30 "a route of IPv4 into the tailnet" eval "ip route get 100.100.100.100 | grep -q tailscale0"
wait_for 30 "a route of IPv6 into the tailnet" eval "ip -6 route get fd7a:115c:a1e0::53 | grep -q tailscale0"
${node.useExitNode === undefined ? "" : useExitNode(node.useExitNode, node.allowLanAccess)}`;
  return {
    spec: nodeSpec("tailscale", at, {
      ...placeOf(topology, node.network),
      services: serviceSpecs(node),
      tailnet: {
        hostname: at.name,
        ...(identity.user === undefined ? {} : { user: identity.user }),
        tags: node.tags ?? [],
        domain: topology.tailnet.domain,
      },
    }),
    image: { program: "tailscale", version },
    interfaces: at.interfaces,
    boot: bootScript(at, { resolver: serverAddress.dns, start, join }),
    files: services.files,
    environment: node.environment,
    forwards: node.exitNode || node.advertiseRoutes.length > 0,
    tun: true,
    volume: "write",
  };
}

function upFlags(name: string, node: TailscaleNode): string[] {
  return [
    // The declaration's settings and no others: `up` refuses to start where its state has more.
    "--reset",
    `--login-server=${controlUrl}`,
    `--auth-key=file:${onVolume.key(identityOf(node).file)}`,
    `--hostname=${name}`,
    `--accept-dns=${node.acceptDns}`,
    `--accept-routes=${node.acceptRoutes}`,
    `--advertise-exit-node=${node.exitNode}`,
    `--advertise-routes=${node.advertiseRoutes.join(",")}`,
    `--snat-subnet-routes=${node.snatSubnetRoutes}`,
    "--timeout=60s",
  ];
}

/** An exit node can be set when the netmap has it. */
function useExitNode(exit: string, allowLanAccess: boolean): string {
  return `step "use ${exit} as exit node"
wait_for 60 "exit node ${exit}" tailscale set --exit-node=${exit} --exit-node-allow-lan-access=${allowLanAccess}
`;
}
