import { GenericContainer, PullPolicy, type StartedTestContainer, Wait } from "testcontainers";
import { engineCall } from "../../lab/engine/engine.ts";
import { imageRef } from "../../lab/images/recipes.ts";
import { label } from "../../lab/plan/plan.ts";
import type { RunningLab } from "../../lab/running/running-lab.ts";
import type { RunningNode } from "../../lab/running/running-node.ts";
import { run } from "./run.ts";

/** Nobody's addresses (RFC 5737): what is sent there, the guard counts and then drops. */
export const nobody = "203.0.113.9";

/** Its own in each run: several may be on one machine. */
const table = `tailnet_lab_uplink_${run.replaceAll(/[^a-z0-9]/g, "_")}`;
/** Every address that a lab has: the simulated internet beside Docker's pool, and the tailnet. */
const labRanges = {
  ip: ["198.18.0.0/15", "100.64.0.0/10"],
  ip6: ["2001:db8::/32", "fd7a:115c:a1e0::/48"],
};

/**
 * Counts what the engine's machine forwards from or to a lab's addresses by an interface with a
 * default route. The table belongs to the process that made it: the kernel removes it when that ends.
 */
function guardScript(lans: readonly string[]): string {
  const ranges = { ...labRanges, ip: [...labRanges.ip, ...lans] };
  const count = (family: "ip" | "ip6") =>
    ["saddr", "daddr"].map(
      (end) =>
        `oifname { $uplinks } ${family} ${end} { ${ranges[family].join(", ")} } counter name leaving`,
    );
  return `uplinks=$({ ip -j route show default; ip -j -6 route show default; } | jq -rs 'add | map(.dev) | unique | map(tojson) | join(", ")')
: "\${uplinks:=\\"none\\"}"
{
  echo "table inet ${table} { flags owner; counter leaving { }; chain forward { type filter hook forward priority mangle; ${[...count("ip"), ...count("ip6")].join("; ").replaceAll('"', '\\"')}; ip daddr 203.0.113.0/24 drop; }; }"
  sleep infinity
} | nft -i &
until nft list table inet ${table} >/dev/null 2>&1; do kill -0 $! || exit 1; sleep 0.05; done
echo guarding
wait`;
}

/** Watches the way out of the engine's machine while it lives, from a container in that machine's own network. */
export class UplinkGuard implements AsyncDisposable {
  private readonly container: StartedTestContainer;

  private constructor(container: StartedTestContainer) {
    this.container = container;
  }

  /** `lans`: the labs' private ranges, which must not be the machine's own. */
  static async start(lans: readonly string[]): Promise<UplinkGuard> {
    const container = await new GenericContainer(imageRef({ program: "base" }))
      .withPullPolicy(PullPolicy.neverPull())
      .withNetworkMode("host")
      .withAddedCapabilities("NET_ADMIN")
      .withLabels({ [label.lab]: "uplink-guard", [label.run]: run })
      .withEntrypoint(["bash", "-c", guardScript(lans)])
      .withWaitStrategy(Wait.forLogMessage("guarding"))
      .start();
    return new UplinkGuard(container);
  }

  /** Packets of labs that were on their way out. */
  async leaving(): Promise<number> {
    const text = await this.output(["nft", "-j", "list", "counter", "inet", table, "leaving"]);
    const { nftables } = JSON.parse(text) as { nftables: { counter?: { packets: number } }[] };
    return nftables.find((each) => each.counter !== undefined)?.counter?.packets ?? Number.NaN;
  }

  /** Whether the machine has a way out itself. */
  async hasUplink(): Promise<boolean> {
    const routes = "ip route show default; ip -6 route show default";
    return (await this.output(["sh", "-c", routes])) !== "";
  }

  /** Names of the machine's network interfaces. */
  async interfaces(): Promise<string[]> {
    // Not by ip: it prints its JSON twice where interfaces come or go meanwhile.
    return (await this.output(["ls", "/sys/class/net"])).split("\n").filter((name) => name !== "");
  }

  /**
   * Shows a lab's node the way out that no node finds by itself: the hardware address of the machine's own end of
   * the segment. What it then sends to nobody, the machine would forward.
   */
  async showWayOut(lab: RunningLab, node: string): Promise<void> {
    const { bridge } = await segmentOf(lab.node(node));
    const hardware = await this.output(["cat", `/sys/class/net/${bridge}/address`]);
    const gateway = "198.18.254.254";
    const script = `ip neigh replace ${gateway} lladdr ${hardware.trim()} dev inet && ip route replace ${nobody} via ${gateway}`;
    await lab.node(node).output(["sh", "-c", script]);
  }

  private async output(argv: string[]): Promise<string> {
    const { exitCode, output, stderr } = await this.container.exec(argv);
    if (exitCode !== 0) throw new Error(`the guard's ${argv.join(" ")}: ${stderr}`);
    return output;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.container.stop({ timeout: 0 });
  }
}

/** A node's own network, as the engine's machine has it. */
export async function segmentOf(
  node: RunningNode,
): Promise<{ dockerName: string; bridge: string; gateway: string }> {
  const { NetworkSettings } = await engineCall(node.container.inspect());
  const [[dockerName, { NetworkID, Gateway }] = ["", { NetworkID: "", Gateway: "" }]] =
    Object.entries(NetworkSettings.Networks);
  return { dockerName, bridge: `br-${NetworkID.slice(0, 12)}`, gateway: Gateway };
}
