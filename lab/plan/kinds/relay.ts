import { serverAddress } from "../addresses.ts";
import { bootScript, withVariables } from "../boot.ts";
import { type Machine, nodeSpec, type Placement } from "../machine.ts";
import { relayMember } from "../members.ts";
import { shared } from "../volumes.ts";

/** A region's DERP relay with STUN, certified by the lab's own authority. */
export function relay(code: string, version: string, secret: string, at: Placement): Machine {
  const { host, delivery } = relayMember(code, secret);
  const start = withVariables("relay.sh", { host, delivery: delivery.name });
  return {
    spec: nodeSpec("relay", at, { region: code }),
    image: { program: "derper", version },
    interfaces: at.interfaces,
    boot: bootScript(at, { resolver: serverAddress.dns, start }),
    environment: { TAILNET_LAB_TOKEN: delivery.token },
    mounts: [shared(at.lab, "tailnet", true)],
  };
}
