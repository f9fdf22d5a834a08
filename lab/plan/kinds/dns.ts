import { bootScript } from "../boot.ts";
import { type Machine, nodeSpec, type Placement } from "../machine.ts";
import { program } from "../programs.ts";
import { dnsConfig } from "../services.ts";

/** The simulated internet's DNS. Its records are in the settings. */
export function dnsServer(at: Placement): Machine {
  return {
    spec: nodeSpec("dns", at),
    image: { program: "base" },
    interfaces: at.interfaces,
    boot: bootScript(at, { resolver: "127.0.0.1", start: program("dns.sh") }),
    // "#" is every domain: this is the root, and it knows no more than its records.
    files: [{ path: "/etc/dnsmasq-internet.conf", content: dnsConfig({}, ["#"]) }],
  };
}
