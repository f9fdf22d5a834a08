import { GenericContainer, PullPolicy, type StartedTestContainer, Wait } from "testcontainers";
import { imageRef } from "../../lab/images/recipes.ts";
import { label } from "../../lab/plan/plan.ts";
import type { RunningLab } from "../../lab/running/running-lab.ts";
import { run } from "./run.ts";
import { nobody, segmentOf } from "./uplink-guard.ts";

/** Packets of a node that the host forwarded elsewhere, and that came in to the host itself. */
export interface Passed {
  elsewhere: number;
  host: number;
  linkLocal: number;
}

/** Each way is tried with so many packets. */
const attempts = 3;
/** Nobody's (RFC 5737); the host has it while the container lives, as it has addresses of its own. */
const hostAddress = "192.0.2.77";
const hostRoute = "198.18.254.254";

/** Looks at the firewall of the machine that has a lab's bridges, and counts what passes it. */
export class HostFirewall implements AsyncDisposable {
  private readonly container: StartedTestContainer;
  private readonly lab: RunningLab;
  private readonly table: string;
  private linkLocal = "";

  private constructor(container: StartedTestContainer, lab: RunningLab, table: string) {
    this.container = container;
    this.lab = lab;
    this.table = table;
  }

  static async open(lab: RunningLab): Promise<HostFirewall> {
    const container = await new GenericContainer(imageRef({ program: "base" }))
      .withPullPolicy(PullPolicy.neverPull())
      .withNetworkMode("host")
      .withAddedCapabilities("NET_ADMIN")
      .withLabels({ [label.lab]: "host-firewall", [label.run]: run })
      .withEntrypoint(["bash", "-c", "echo open; sleep infinity"])
      .withWaitStrategy(Wait.forLogMessage("open"))
      .start();
    return new HostFirewall(container, lab, `tailnet_lab_passed_${process.pid}`);
  }

  /** The tables of rules for this lab. */
  async tables(): Promise<string[]> {
    const list = await this.output(["nft", "list", "tables", "inet"]);
    return list
      .split("\n")
      .map((line) => line.split(" ").at(-1) ?? "")
      .filter((name) => name.startsWith(`tailnet-lab-${this.lab.name}-`));
  }

  /** Packets that the lab's rules have dropped. */
  async dropped(): Promise<number> {
    const [table = ""] = await this.tables();
    return await this.counter(table, "dropped");
  }

  /** Takes the lab's rules away. */
  async withoutRules(): Promise<void> {
    for (const table of await this.tables())
      await this.output(["nft", "delete", "table", "inet", table]);
  }

  /**
   * Tells a node what no node finds out by itself: the hardware address of the host's end of its segment, as the
   * way to nobody, to an address of the host's and to the bridge's link-local one. The host counts what passes.
   */
  async showWayOut(node: string): Promise<void> {
    const { bridge } = await segmentOf(this.lab.node(node));
    const hardware = (await this.output(["cat", `/sys/class/net/${bridge}/address`])).trim();
    const links = JSON.parse(await this.output(["ip", "-j", "-6", "addr", "show", "dev", bridge]));
    this.linkLocal = links[0].addr_info.find(
      (info: { scope: string }) => info.scope === "link",
    ).local;
    // After the lab's rules, and before anything leaves: nobody is sent anything.
    const counters = `table inet ${this.table} {
  counter elsewhere { }
  counter host { }
  counter linkLocal { }
  chain forward { type filter hook forward priority 300; iifname "${bridge}" ip daddr ${nobody} counter name elsewhere drop; }
  chain input { type filter hook input priority 300; iifname "${bridge}" ip daddr ${hostAddress} counter name host drop; iifname "${bridge}" ip6 daddr ${this.linkLocal} counter name linkLocal drop; }
}`;
    await this.output(["nft", counters]);
    await this.output(["ip", "addr", "replace", `${hostAddress}/32`, "dev", "lo"]);
    const neighbour = (address: string) =>
      `ip neigh replace ${address} lladdr ${hardware} dev inet`;
    const script = [
      neighbour(hostRoute),
      neighbour(this.linkLocal),
      ...[nobody, hostAddress].map(
        (address) => `ip route replace ${address} via ${hostRoute} dev inet onlink`,
      ),
    ].join(" && ");
    await this.lab.node(node).output(["sh", "-c", script]);
  }

  /** Sends by each way that was shown, and tells how many packets passed. */
  async tryWaysOut(node: string): Promise<Passed> {
    const before = await this.passed();
    for (const target of [nobody, hostAddress, `${this.linkLocal}%inet`]) {
      const argv = ["ping", "-qn", `-c${attempts}`, "-i0.1", "-W1", target];
      await this.lab.node(node).exec(argv);
    }
    const after = await this.passed();
    return {
      elsewhere: after.elsewhere - before.elsewhere,
      host: after.host - before.host,
      linkLocal: after.linkLocal - before.linkLocal,
    };
  }

  private async passed(): Promise<Passed> {
    const [elsewhere, host, linkLocal] = await Promise.all(
      ["elsewhere", "host", "linkLocal"].map((name) => this.counter(this.table, name)),
    );
    return { elsewhere: Number(elsewhere), host: Number(host), linkLocal: Number(linkLocal) };
  }

  private async counter(table: string, name: string): Promise<number> {
    const text = await this.output(["nft", "-j", "list", "counter", "inet", table, name]);
    const { nftables } = JSON.parse(text) as { nftables: { counter?: { packets: number } }[] };
    return nftables.find((each) => each.counter !== undefined)?.counter?.packets ?? Number.NaN;
  }

  private async output(argv: string[]): Promise<string> {
    const { exitCode, output, stderr } = await this.container.exec(argv);
    if (exitCode !== 0) throw new Error(`${argv.join(" ")} on the host: ${stderr || output}`);
    return output;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.container.exec([
      "sh",
      "-c",
      `nft delete table inet ${this.table}; ip addr del ${hostAddress}/32 dev lo`,
    ]);
    await this.container.stop({ timeout: 0 });
  }
}
