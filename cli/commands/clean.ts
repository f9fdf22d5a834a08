import type { Command } from "commander";
import { cleanAll } from "../../lab/engine/clean.ts";
import { connectEngine } from "../../lab/engine/engine.ts";
import { imageRef } from "../../lab/images/recipes.ts";
import { act, labCommand, type Shared } from "../command.ts";
import { writtenLab } from "../which-lab.ts";

export function cleanCommand(shared: Shared): Command {
  return labCommand("clean", "remove all labs from this engine, with what a crash left of any", [
    "clean",
    "clean --lab homelab",
  ]).action(
    act(shared, async ({ lab: option, progress, signal }) => {
      const { releaseIsolation } = await import("../../lab/engine/host-firewall.ts");
      const lab = await writtenLab(option);
      const engine = await connectEngine();
      if (lab !== undefined) {
        const { settleOnEngine } = await import("../../stacks/settle.ts");
        await settleOnEngine(engine, lab, { base: process.cwd(), progress, signal });
      }
      const title = lab === undefined ? "Remove all labs" : `Remove lab ${lab}`;
      const removed = await progress.step(title, async () => {
        const all = await cleanAll(engine, { lab, signal });
        await releaseIsolation(engine, imageRef({ program: "base" }));
        return all;
      });
      const { containers, networks, volumes } = removed;
      const counts = [
        `${containers.length} containers`,
        `${networks.length} networks`,
        `${volumes.length} volumes`,
      ];
      return { json: { schema: 1, ...removed }, text: `Removed ${counts.join(", ")}.` };
    }),
  );
}
