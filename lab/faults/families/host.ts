import { LabError } from "../../errors.ts";
import { isDefault } from "../../evidence/prefix.ts";
import { chooseFrom } from "../../near-name.ts";
import { headscaleNodes } from "../../running/headscale.ts";
import type { RunningLab } from "../../running/running-lab.ts";
import { type FaultKind, lasting } from "../fault-kind.ts";
import { preference, sysctl } from "../settings.ts";
import type { ScriptStep } from "../step.ts";

export const hostFaults: readonly FaultKind[] = [
  lasting({
    kind: "host-firewall",
    targets: ["node"],
    needs: "any machine",
    example: "host-firewall server --set protocol=tcp --set port=80",
    steps(lab, { node, protocol, port }) {
      const isMember = lab.node(node).spec.kind === "tailscale";
      const ports = port === undefined ? "" : ` dport ${port}`;
      const what =
        protocol === "icmp"
          ? "meta l4proto { icmp, ipv6-icmp }"
          : protocol !== undefined
            ? ports === ""
              ? `meta l4proto ${protocol}`
              : `${protocol}${ports}`
            : ports === ""
              ? ""
              : `meta l4proto { tcp, udp } th${ports}`;
      const from = isMember ? 'iifname "tailscale0"' : 'iifname != "lo"';
      const inject = `nft -f - <<END
table inet $FAULT {}
delete table inet $FAULT
table inet $FAULT {
  chain input {
    type filter hook input priority filter; policy accept;
    ct state established,related accept
    ${from} ${what} counter drop
  }
}
END`;
      const clear = `nft -f - <<END
table inet $FAULT {}
delete table inet $FAULT
END`;
      return [{ kind: "script", node, inject, clear, atBoot: "again" }];
    },
  }),
  lasting({
    kind: "shields-up",
    targets: ["node"],
    needs: "a node with Tailscale",
    example: "shields-up server",
    steps: (_, { node }) => [
      preference(node, "shields-up", {
        read: ".ShieldsUp",
        set: '--shields-up="$value"',
        value: "true",
      }),
    ],
  }),
  lasting({
    kind: "rp-filter",
    targets: ["node"],
    needs: "any machine",
    example: "rp-filter laptop",
    steps: (_, { node }) => [sysctl(node, "net.ipv4.conf.all.rp_filter", "1")],
  }),
  lasting({
    kind: "ip-forwarding-off",
    targets: ["node"],
    needs: "a subnet router or an exit node",
    example: "ip-forwarding-off router",
    async steps(lab, { node }) {
      await refuseUnlessRouter(
        lab,
        node,
        "is neither a subnet router nor an exit node",
        () => true,
      );
      return [
        sysctl(node, "net.ipv4.ip_forward", "0"),
        sysctl(node, "net.ipv6.conf.all.forwarding", "0"),
      ];
    },
  }),
  lasting({
    kind: "no-return-route",
    targets: ["node"],
    needs: "a subnet router",
    example: "no-return-route router",
    async steps(lab, { node }) {
      await refuseUnlessRouter(lab, node, "is no subnet router", (route) => !isDefault(route));
      return [
        preference(node, "snat-subnet-routes", {
          read: ".NoSNAT | not",
          set: '--snat-subnet-routes="$value"',
          value: "false",
        }),
      ];
    },
  }),
  lasting({
    kind: "cgnat-collision",
    targets: ["node"],
    needs: "a node behind a router",
    example: "cgnat-collision laptop",
    steps(lab, { node, prefix }) {
      const { network } = lab.node(node).spec;
      const others = lab.nodes.filter(
        (each) => each.spec.network === network && each.name !== node,
      );
      const routers = others.filter(({ spec }) => spec.kind === "router");
      if (routers.length === 0) throw withoutLan(node);
      const [first = "", length = ""] = prefix.split("/");
      const hosts = others.filter(({ spec }) => spec.kind === "host");
      // From the top: Headscale gives nodes theirs from the bottom.
      const machines = [...routers, ...hosts, lab.node(node)];
      return machines.map((each, index) => {
        const address = `${fromTop(first, Number(length), index)}/${length}`;
        return lanAddress(each.name, address);
      });
    },
  }),
];

/** Of a node that advertises no such route the fault would change nothing. Where Headscale can't be asked, nobody knows. */
async function refuseUnlessRouter(
  lab: RunningLab,
  node: string,
  what: string,
  isMeant: (route: string) => boolean,
): Promise<void> {
  const known = await headscaleNodes(lab).catch((error: unknown) => {
    if (error instanceof LabError && error.name === "NodeFailed") return undefined;
    throw error;
  });
  if (known === undefined) return;
  const routers = known
    .filter(({ advertisedRoutes }) => advertisedRoutes.some(isMeant))
    .map(({ name }) => name);
  if (routers.includes(node)) return;
  throw new LabError("UsageInvalid", `${node} ${what}`, {
    where: "node",
    remedy: chooseFrom(node, routers, "declare one: `advertiseRoutes`, or `exitNode`"),
  });
}

function lanAddress(node: string, address: string): ScriptStep {
  return {
    kind: "script",
    node,
    inject: `ip addr replace ${address} dev lan`,
    clear: `ip addr del ${address} dev lan 2> /dev/null || true`,
    atBoot: "again",
  };
}

/** The last usable address of a prefix, or one before it. */
function fromTop(prefix: string, length: number, index: number): string {
  const base = prefix.split(".").reduce((all, octet) => all * 256 + Number(octet), 0);
  const size = 2 ** (32 - length);
  const address = base - (base % size) + size - 2 - index;
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

function withoutLan(node: string): LabError {
  return new LabError("UsageInvalid", `there is no LAN around ${node}`, {
    where: "node",
    remedy: "name a node of a network with a NAT",
  });
}
