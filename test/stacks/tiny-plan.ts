import type { Plan, PlannedContainer, PlannedInterface } from "../../lab/plan/plan.ts";

const labels = { "tailnet-lab.lab": "tiny", "tailnet-lab.run": "stack" };
const driverOptions = { "com.docker.network.bridge.inhibit_ipv4": "true" };

/** A router between two networks, and one client: the least that shows every kind of reference. */
export const tinyPlan: Plan = {
  schema: 1,
  lab: "tiny",
  run: "stack",
  tailnet: { domain: "tailnet.lab", controlUrl: "https://control.lab.test" },
  volumes: [{ name: "tailnet", dockerName: "tailnet-lab-tiny-tailnet", labels }],
  networks: [
    {
      name: "internet",
      dockerName: "tailnet-lab-tiny-internet",
      dockerSubnet: "198.19.7.0/24",
      labels,
      driverOptions,
    },
    {
      name: "home",
      dockerName: "tailnet-lab-tiny-home",
      dockerSubnet: "198.19.8.0/24",
      labels,
      driverOptions,
    },
  ],
  containers: [
    node("router-home", "router", { program: "base" }, [
      at("internet", "wan", "198.19.7.2"),
      at("home", "lan", "198.19.8.2"),
    ]),
    node("laptop", "tailscale", { program: "tailscale", version: "1.102.5" }, [
      at("home", "lan", "198.19.8.3"),
    ]),
  ],
  allocation: { subnets: {}, dockerHosts: {}, addresses: {}, regions: {} },
};

function at(
  network: string,
  device: PlannedInterface["device"],
  dockerAddress: string,
): PlannedInterface {
  return { network, device, dockerAddress, hardwareAddress: "02:42:c6:13:07:02", addresses: [] };
}

function node(
  name: string,
  kind: string,
  image: PlannedContainer["image"],
  interfaces: PlannedInterface[],
): PlannedContainer {
  return {
    name,
    dockerName: `tailnet-lab-tiny-${name}`,
    image,
    interfaces,
    files: [
      {
        path: "/lab/boot",
        // What Terraform would take for templates, were it not told otherwise.
        content: `#!/bin/sh\necho "\${1:-none} %{percent} $$ $HOME"\n`,
      },
    ],
    command: ["/bin/sh", "/lab/boot"],
    environment: { TS_DEBUG: `\${x}` },
    capabilities: ["CAP_NET_ADMIN", "CAP_NET_RAW"],
    securityOptions: ["no-new-privileges"],
    devices: ["/dev/net/tun"],
    sysctls: { "net.ipv4.ip_forward": "1" },
    cpuShares: 1024,
    mounts: [{ volume: "tailnet-lab-tiny-tailnet", path: "/tailnet", readOnly: false }],
    labels: { ...labels, "tailnet-lab.node": name, "tailnet-lab.kind": kind },
  };
}
