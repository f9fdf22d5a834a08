import { serverAddress } from "../addresses.ts";
import { bootScript } from "../boot.ts";
import { type Machine, nodeSpec, type Placement } from "../machine.ts";
import { program } from "../programs.ts";
import { shared } from "../volumes.ts";

/**
 * The control server. Nothing of the topology is in its container but Headscale's version: all else it reads
 * from the settings, and takes over while it runs.
 */
export function controlServer(version: string, at: Placement): Machine {
  return {
    spec: nodeSpec("control", at),
    image: { program: "headscale", version },
    interfaces: at.interfaces,
    boot: bootScript(at, { resolver: serverAddress.dns, start: program("control.sh") }),
    mounts: [
      shared(at.lab, "settings", true),
      shared(at.lab, "tailnet", false),
      shared(at.lab, "control", false),
      shared(at.lab, "requests", false),
    ],
  };
}
