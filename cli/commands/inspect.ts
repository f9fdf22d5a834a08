import type { Command } from "commander";
import { type InspectedNode, type InspectedPair, inspectLab } from "../../lab/observe/inspect.ts";
import { RunningLab } from "../../lab/running/running-lab.ts";
import { act, labCommand, type Shared } from "../command.ts";
import { table } from "../table.ts";
import { whichLab } from "../which-lab.ts";

export function inspectCommand(shared: Shared): Command {
  return labCommand("inspect", "show a lab's nodes, and the path between each two", [
    "inspect",
    "inspect homelab --json",
    "inspect lab.ts",
  ])
    .argument("[lab]", "its name or its topology's file; the only one that runs where absent")
    .action(
      act(shared, async ({ lab: option, progress, signal }, argument: string | undefined) => {
        const lab = await RunningLab.find(await whichLab({ argument, option }));
        const inspection = await progress.step(`Look at lab ${lab.name}`, () =>
          inspectLab(lab, signal),
        );
        const down = lab.nodes.filter((node) => node.state !== "running").map((node) => node.name);
        const parts = [nodeTable(inspection.nodes)];
        if (inspection.pairs.length > 0) parts.push(pairTable(inspection.pairs));
        if (down.length > 0) parts.push(`Not running: ${down.join(", ")}`);
        return { json: { ...inspection }, text: parts.join("\n\n") };
      }),
    );
}

export function nodeTable(nodes: readonly InspectedNode[]): string {
  const head = ["NODE", "KIND", "NETWORK", "NAT", "ADDRESSES"];
  const tailnetHead = ["TAILNET", "WHO", "ONLINE", "RELAY", "ROUTES"];
  return table([
    [...head, ...tailnetHead],
    ...nodes.map(({ name, kind, network, nat, addresses, tailnet }) => [
      name,
      kind,
      network,
      nat,
      addresses.join(" "),
      ...(tailnet === null
        ? []
        : [
            tailnet.addresses.join(" "),
            tailnet.user ?? tailnet.tags.join(" "),
            tailnet.online ? "yes" : "no",
            tailnet.homeRelay ?? "-",
            routes(tailnet.routes),
          ]),
    ]),
  ]);
}

function routes({ advertised, approved }: { advertised: string[]; approved: string[] }): string {
  return advertised
    .map((route) => (approved.includes(route) ? route : `${route} (not approved)`))
    .join(" ");
}

export function pairTable(pairs: readonly InspectedPair[]): string {
  return table([
    ["FROM", "TO", "PATH", "VIA", "LATENCY"],
    ...pairs.map(({ from, to, path, via, latencyMs }) => [
      from,
      to,
      path ?? "no answer",
      via ?? "",
      latencyMs === null ? "" : `${latencyMs} ms`,
    ]),
  ]);
}
