import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Plan } from "../../lab/plan/plan.ts";
import type { RunningLab } from "../../lab/running/running-lab.ts";
import type { RunningNode } from "../../lab/running/running-node.ts";

/** Name of the file and the program whose output it holds, by kind of node. */
const evidence: Record<string, Record<string, string>> = {
  tailscale: {
    "status.json": "tailscale status --json",
    "netcheck.json": "tailscale netcheck --format=json 2>/dev/null",
    "metrics.txt": "tailscale metrics print",
    "routes.txt": "ip route show table all; ip -6 route show table all",
    "nft.txt": "nft list ruleset",
    "resolv.conf": "cat /etc/resolv.conf",
  },
  router: {
    "nft.txt": "nft list ruleset",
    "conntrack.txt": "conntrack -L",
    "addresses.txt": "ip a; ip r",
  },
  control: {
    "nodes.json": "headscale nodes list -o json",
    "routes.txt": "headscale nodes list-routes",
    "policy.hujson": "headscale policy get",
  },
};

/**
 * Writes what a reader needs to understand a failure: plan, logs, status, netcheck, NAT rules,
 * conntrack, Headscale's nodes and routes. Returns the folder.
 */
export async function writeArtifacts(
  plan: Plan,
  lab: RunningLab,
  ...place: readonly string[]
): Promise<string> {
  const root = process.env.TAILNET_LAB_ARTIFACTS ?? "artifacts";
  const folder = path.resolve(root, ...place.map(fileName));
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, "plan.json"), `${JSON.stringify(plan, null, 2)}\n`);
  await Promise.all(lab.nodes.map((node) => nodeArtifacts(node, folder)));
  return folder;
}

async function nodeArtifacts(node: RunningNode, folder: string): Promise<void> {
  const write = async (name: string, content: () => Promise<string>) => {
    const text = await content().catch((error: unknown) => `not to be had: ${error}\n`);
    await writeFile(path.join(folder, `${node.name}.${name}`), text);
  };
  await write("log", () => node.log());
  const programs = Object.entries(evidence[node.spec.kind] ?? {});
  await Promise.all(
    programs.map(([name, program]) =>
      write(name, async () => {
        const { stdout, stderr } = await node.exec(["sh", "-c", program], { timeoutMs: 10_000 });
        return stdout + stderr;
      }),
    ),
  );
}

function fileName(text: string): string {
  return text
    .replaceAll(/[^a-zA-Z0-9.-]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 80);
}
