import type { Command } from "commander";
import { act, command, type Shared } from "../command.ts";
import { defaultTopology } from "../which-lab.ts";

export function validateCommand(shared: Shared): Command {
  return command("validate", "check a topology and its policy; needs no engine", [
    "validate",
    "validate lab.ts --json",
  ])
    .argument("[topology]", "a topology's file; the default lab where absent")
    .action(
      act(shared, async (_context, file: string | undefined) => {
        const { loadTopology } = await import("../../lab/topology/load.ts");
        const { topology, file: path, policyFile } = await loadTopology(file ?? defaultTopology);
        const nodes = Object.keys(topology.nodes);
        const networks = Object.keys(topology.networks);
        const counts = `${count(nodes, "node")} in ${count(networks, "network")}`;
        return {
          json: {
            schema: 1,
            lab: topology.name,
            file: path,
            policyFile: policyFile ?? null,
            nodes,
            networks,
          },
          text: `${path}: lab ${topology.name} is valid: ${counts}.`,
        };
      }),
    );
}

function count(things: readonly string[], name: string): string {
  return `${things.length} ${name}${things.length === 1 ? "" : "s"}`;
}
