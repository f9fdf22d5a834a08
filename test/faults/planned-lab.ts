import { label, type NodeSpec, type Plan } from "../../lab/plan/plan.ts";
import { RunningLab } from "../../lab/running/running-lab.ts";
import { fakeEngine } from "../engine/fake-engine.ts";

/** What Headscale tells of a node; the rest follows from its spec. */
interface Joined {
  approved_routes?: string[];
  available_routes?: string[];
}

/**
 * The lab of a plan, of which nothing runs: enough for what faults would do. Its machines answer what the steps of
 * some faults ask: Headscale has every node with Tailscale.
 */
export async function plannedLab(
  plan: Plan,
  joined: Record<string, Joined> = {},
  policy = "",
): Promise<RunningLab> {
  const specs = plan.containers
    .filter(({ oneShot }) => oneShot !== true)
    .map(({ labels }): NodeSpec => JSON.parse(labels[label.spec] ?? "{}"));
  const engine = fakeEngine(specs.map((spec) => ({ lab: plan.lab, name: spec.name, spec })));
  const lab = await RunningLab.find(plan.lab, { engine });
  const nodes = specs
    .filter(({ kind }) => kind === "tailscale")
    .map(({ name }, index) => ({
      id: index + 1,
      name,
      given_name: name,
      ip_addresses: [`100.64.0.${index + 1}`],
      ...joined[name],
    }));
  const answers: Record<string, string> = {
    headscale: JSON.stringify(nodes),
    tailscale: "100.64.0.9\n",
    bash: "TEXT\n",
  };
  for (const node of lab.nodes) {
    node.exec = async ([program = "", noun]) => {
      const stdout = noun === "policy" ? policy : answers[program];
      if (stdout === undefined) throw new Error(`${node.name} knows no ${program}`);
      return { stdout, stderr: "", exitCode: 0 };
    };
  }
  return lab;
}
