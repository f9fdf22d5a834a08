import { natPresets } from "../../topology/nat-presets.ts";
import { serverAddress } from "../addresses.ts";
import { bootScript, idle } from "../boot.ts";
import { type Machine, nodeSpec, type Placement } from "../machine.ts";
import { natRules } from "../nat-rules.ts";

const rulesPath = "/etc/nftables.conf";

/** The NAT router between a network's LAN and the network above it. */
export function router(network: string, nat: keyof typeof natPresets, at: Placement): Machine {
  const start = `step "set the NAT rules"\nnft -f ${rulesPath}\n${idle}`;
  return {
    spec: nodeSpec("router", at, { network, nat }),
    image: { program: "base" },
    interfaces: at.interfaces,
    boot: bootScript(at, { resolver: serverAddress.dns, start }),
    files: [{ path: rulesPath, content: natRules(natPresets[nat]) }],
    forwards: true,
  };
}
