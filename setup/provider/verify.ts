/**
 * `npm run verify:provider`: applies the same synthesised JSON with the embedded provider and with the
 * registry's, built from its source: the lab converges, a second plan is empty, another policy replaces the
 * settings' container alone, and destroying leaves nothing; and both have made the same containers. Exit
 * code 0 where all of it holds, 1 where something does not, 2 where it can't be tried.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import type { ContainerInspectInfo } from "dockerode";
import { execa } from "execa";
import { z } from "zod";
import { cleanAll } from "../../lab/engine/clean.ts";
import { connectEngine, type Engine } from "../../lab/engine/engine.ts";
import { LabError } from "../../lab/errors.ts";
import { ensureImages } from "../../lab/images/ensure.ts";
import { label } from "../../lab/plan/plan.ts";
import { plainProgress } from "../../lab/progress.ts";
import { waitConverged } from "../../lab/running/convergence.ts";
import { waitReady } from "../../lab/running/ready.ts";
import { RunningLab } from "../../lab/running/running-lab.ts";
// biome-ignore lint/style/noRestrictedImports: an entry of its own, as the command line is
import { serveProvider } from "../../stacks/provider/server.ts";
import versions from "../../versions.json" with { type: "json" };
import { ensureTerraform } from "../terraform.ts";
import { ensureRegistryProvider } from "./build.ts";

const lab = `provider-${process.pid}`;
const filters = { label: [`${label.lab}=${lab}`] };
const progress = plainProgress();

const topology = (ports: string) => `export default {
  name: "${lab}",
  tailnet: { policy: { grants: [{ src: ["alice@"], dst: ["tag:web"], ip: [${ports}] }],
    tagOwners: { "tag:web": ["alice@"] } } },
  networks: { home: { nat: "easy", lan: "192.168.1.0/24" } },
  nodes: {
    laptop: { kind: "tailscale", network: "home", user: "alice" },
    web: { kind: "tailscale", network: "internet", tags: ["tag:web"],
      services: [{ kind: "http", port: 80 }] },
    nas: { kind: "host", network: "home", services: [{ kind: "http", port: 80 }] },
  },
};
`;

/** Terraform with one of the providers, on the lab's JSON. */
type Terraform = (...args: string[]) => Promise<{ exitCode: number; stdout: string }>;

async function main(): Promise<number> {
  const terraform = await ensureTerraform(progress);
  const registry = await ensureRegistryProvider(progress);
  const engine = await connectEngine();
  const { tailscale, headscale } = versions;
  await ensureImages(
    [
      { program: "base" },
      { program: "headscale", version: headscale },
      { program: "tailscale", version: tailscale },
      { program: "derper", version: tailscale },
    ],
    progress,
  );
  const directory = await mkdtemp(join(tmpdir(), "tailnet-lab-provider-"));
  try {
    const configuration = join(directory, "terraform.rc");
    await writeFile(
      configuration,
      `provider_installation {
  dev_overrides { "kreuzwerker/docker" = ${JSON.stringify(registry)} }
  direct {}
}
`,
    );
    await using embedded = await serveProvider(engine, join(directory, "provider.sock"));
    const providers = {
      embedded: { ...embedded.environment, TF_CLI_CONFIG_FILE: "/dev/null" },
      registry: { TF_CLI_CONFIG_FILE: configuration },
    };
    const made: ContainerInspectInfo[][] = [];
    for (const [name, environment] of Object.entries(providers)) {
      const run: Terraform = async (...args) => {
        const { exitCode, stdout, stderr } = await execa(terraform, args, {
          cwd: join(directory, "stacks", lab),
          env: { ...environment, CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1" },
          reject: false,
        });
        if (exitCode === 1 || exitCode === undefined) {
          throw new Error(`terraform ${args[0]} with the ${name} provider: ${stderr || stdout}`);
        }
        return { exitCode, stdout };
      };
      made.push(
        await progress.step(`The ${name} provider`, (detail) =>
          tryProvider(engine, run, directory, detail),
        ),
      );
    }
    const [first = [], second = []] = made;
    compare(first, second);
    console.log(`The providers agree on all ${first.length} containers.`);
    return 0;
  } finally {
    await cleanAll(engine, { lab });
    await rm(directory, { recursive: true, force: true });
  }
}

async function tryProvider(
  engine: Engine,
  terraform: Terraform,
  directory: string,
  detail: (text: string) => void,
): Promise<ContainerInspectInfo[]> {
  await synthesise(directory, '"tcp:80"');
  detail("apply");
  await terraform("apply", "-auto-approve", "-input=false", "-parallelism=64");
  detail("waiting for the lab to converge");
  const running = await RunningLab.find(lab, { engine });
  await waitReady(running.nodes);
  await waitConverged(running);
  const containers = await inspect(engine);
  detail("a second plan");
  await expectChanges(terraform, []);
  detail("another policy");
  await synthesise(directory, '"tcp:80", "tcp:22"');
  await expectChanges(terraform, ["docker_container.node-settings"]);
  await terraform("apply", "-auto-approve", "-input=false");
  await expectChanges(terraform, []);
  detail("destroy");
  await terraform("destroy", "-auto-approve", "-input=false", "-parallelism=64");
  const [left, networks, { Volumes }] = await Promise.all([
    engine.listContainers({ all: true, filters }),
    engine.listNetworks({ filters }),
    engine.listVolumes({ filters }),
  ]);
  const count = left.length + networks.length + Volumes.length;
  if (count > 0) throw new Error(`destroy left ${count} containers, networks and volumes`);
  return containers;
}

/** The same directory keeps the lab's secret and addresses: both providers get the same JSON. */
async function synthesise(directory: string, ports: string): Promise<void> {
  const file = join(directory, "lab.ts");
  await writeFile(file, topology(ports));
  const program = fileURLToPath(new URL("../../stacks/main.ts", import.meta.url));
  await execa(process.execPath, [program], {
    env: { TAILNET_LAB_TOPOLOGY: file, CDKTF_OUTDIR: directory },
  });
}

const shown = z.object({
  resource_changes: z.array(
    z.object({ address: z.string(), change: z.object({ actions: z.array(z.string()) }) }),
  ),
});

async function expectChanges(terraform: Terraform, expected: string[]): Promise<void> {
  await terraform("plan", "-input=false", "-out=plan");
  const { resource_changes } = shown.parse(
    JSON.parse((await terraform("show", "-json", "plan")).stdout),
  );
  const changed = resource_changes
    .filter(({ change }) => change.actions.join() !== "no-op")
    .map(({ address, change }) => `${address} (${change.actions.join()})`);
  const addresses = changed.map((each) => each.split(" ")[0]);
  if (isDeepStrictEqual(addresses, expected)) return;
  throw new Error(
    `the plan changes ${changed.join(", ") || "nothing"}, not ${expected.join(", ") || "nothing"}`,
  );
}

async function inspect(engine: Engine): Promise<ContainerInspectInfo[]> {
  const found = await engine.listContainers({ all: true, filters });
  const all = await Promise.all(found.map(({ Id }) => engine.getContainer(Id).inspect()));
  return all.sort((a, b) => (a.Name < b.Name ? -1 : 1));
}

/** What the plan says of a container, as the engine has it. The limit on processes is the embedded provider's alone. */
function facts({ Name, Config, HostConfig, NetworkSettings }: ContainerInspectInfo) {
  return {
    Name,
    hostname: Config.Hostname,
    image: Config.Image,
    entrypoint: Config.Entrypoint ?? [],
    command: Config.Cmd ?? [],
    environment: [...(Config.Env ?? [])].sort(),
    labels: Config.Labels ?? {},
    addCapabilities: [...(HostConfig.CapAdd ?? [])].sort(),
    dropCapabilities: HostConfig.CapDrop ?? [],
    securityOptions: HostConfig.SecurityOpt ?? [],
    devices: HostConfig.Devices ?? [],
    sysctls: HostConfig.Sysctls ?? {},
    cpuShares: HostConfig.CpuShares,
    memory: [HostConfig.Memory, HostConfig.MemorySwap],
    mounts: [...(HostConfig.Mounts ?? [])]
      .map(({ Source, Target, ReadOnly }) => `${Source} ${Target} ${ReadOnly ?? false}`)
      .sort(),
    restart: HostConfig.RestartPolicy,
    networks: Object.entries(NetworkSettings.Networks)
      .map(([network, { IPAMConfig }]) => `${network} ${IPAMConfig?.IPv4Address ?? "none"}`)
      .sort(),
  };
}

function compare(first: ContainerInspectInfo[], second: ContainerInspectInfo[]): void {
  const differences: string[] = [];
  const others = new Map(second.map((each) => [each.Name, facts(each)]));
  for (const one of first.map(facts)) {
    const other = others.get(one.Name);
    others.delete(one.Name);
    if (other === undefined) differences.push(`${one.Name}: by the embedded provider alone`);
    else {
      for (const name of Object.keys(one) as (keyof typeof one)[]) {
        if (isDeepStrictEqual(one[name], other[name])) continue;
        differences.push(
          `${one.Name} ${name}: ${JSON.stringify(one[name])}, the registry's ${JSON.stringify(other[name])}`,
        );
      }
    }
  }
  for (const name of others.keys()) differences.push(`${name}: by the registry's provider alone`);
  if (differences.length > 0) throw new Error(`the providers differ:\n${differences.join("\n")}`);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = error instanceof LabError ? 2 : 1;
}
