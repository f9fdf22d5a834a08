import type { Command } from "commander";
import type { NodeSpec } from "../../lab/plan/plan.ts";
import { listLabs } from "../../lab/running/running-lab.ts";
import type { StackResult } from "../../stacks/up.ts";
import { bringUp } from "../bring-up.ts";
import { act, command, type Shared } from "../command.ts";
import { faultJson, faultsText } from "../fault-report.ts";
import { table } from "../table.ts";

export function upCommand(shared: Shared): Command {
  return command("up", "bring a lab up, or change the one that runs to what is declared", [
    "up",
    "up lab.ts",
  ])
    .argument("[topology]", "a topology's file; the default lab where absent")
    .action(
      act(shared, async (_, file: string | undefined) => {
        const started = performance.now();
        const { prepare } = await import("../prepare.ts");
        const { loaded, stack } = await prepare(file, shared);
        const { lab, result, faults } = await bringUp(stack, shared, loaded.topology.faults);
        const { name } = lab;
        const stacks = (await listLabs(lab.engine)).filter((other) => other.run === "stack");
        const specs = lab.nodes.map((node) => node.spec);
        const hints = next(name, specs, stacks.length === 1);
        const seconds = Math.round((performance.now() - started) / 100) / 10;
        return {
          json: { schema: 1, lab: name, ...result, faults: faults.map(faultJson), seconds },
          text: `${changes(name, result, seconds)}\n\n${nodeList(specs)}${faultsText(faults)}\n\n${hints}`,
        };
      }),
    );
}

function changes(name: string, result: StackResult, seconds: number): string {
  if (result.unchanged) return `Lab ${name} runs: no changes (${seconds} s).`;
  const counts = [
    `${result.created.length} created`,
    ...(result.changed.length > 0 ? [`${result.changed.length} changed`] : []),
    ...(result.removed.length > 0 ? [`${result.removed.length} removed`] : []),
  ];
  return `Lab ${name} runs: ${counts.join(", ")} (${seconds} s).`;
}

function nodeList(nodes: readonly NodeSpec[]): string {
  const rows = nodes
    .filter((spec) => spec.kind === "tailscale" || spec.kind === "host")
    .map((spec) => [
      spec.name,
      spec.tailnet?.user ?? (spec.tailnet?.tags.join(" ") || "no Tailscale"),
      `${spec.network}${spec.nat === "none" ? "" : ` (${spec.nat} NAT)`}`,
      spec.addresses[0] ?? "",
      spec.services.map(serviceText).join(" "),
    ]);
  return table([["NODE", "WHO", "NETWORK", "ADDRESS", "SERVICES"], ...rows]);
}

function serviceText({ kind, port, tailnetOnly }: NodeSpec["services"][number]): string {
  return `${kind}:${port}${tailnetOnly ? " (tailnet only)" : ""}`;
}

/** Commands to try, with nodes that this lab has: somebody's machine calls a server. */
export function next(lab: string, nodes: readonly NodeSpec[], isOnlyLab: boolean): string {
  const flag = isOnlyLab ? "" : ` --lab ${lab}`;
  const members = nodes.filter((node) => node.tailnet !== undefined);
  const from = members.find((node) => node.tailnet?.user !== undefined) ?? members[0];
  const to =
    members.find((node) => node !== from && node.tailnet?.tags.length !== 0) ??
    members.find((node) => node !== from);
  const lines = [`tailnet-lab inspect ${lab}`];
  if (from !== undefined) {
    if (to !== undefined) {
      lines.push(`tailnet-lab ping ${from.name} ${to.name}${flag}`);
      if (to.services.some((service) => service.kind !== "udp-echo")) {
        lines.push(`tailnet-lab reach ${from.name} ${to.name}${flag}`);
      }
    }
    lines.push(`tailnet-lab exec ${from.name}${flag} -- tailscale status`);
  }
  lines.push(`tailnet-lab down ${lab}`);
  return `Try next:\n${lines.map((line) => `  ${line}`).join("\n")}`;
}
