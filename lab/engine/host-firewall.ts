import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { execa } from "execa";
import { forbidden, isRoot, mayChangeMachine } from "../machine-changes.ts";
import { label } from "../plan/plan.ts";
import { type Engine, engineCall, engineStatus, isLocalEngine } from "./engine.ts";
import { runOnce } from "./run-once.ts";

const script = readFileSync(new URL("../programs/host-firewall.sh", import.meta.url), "utf8");

interface Isolated {
  /** The labels of the lab's networks. */
  lab: string;
  run: string;
  /** The base image: it has nft, where this machine has none or its rules would be in the wrong network namespace. */
  image: string;
}

/**
 * Has the engine's machine drop whatever would leave a lab's bridges or come into them, and removes the rules of
 * labs that are gone. Idempotent; the lab's networks must be there.
 *
 * The rules belong into the network namespace that has the bridges. Where that is ours, root's nft puts them there.
 * Else a short-lived container does: in the engine's host network, with NET_ADMIN and nothing more.
 * @returns undefined where the rules are in force, else why they are not
 */
export async function enforceIsolation(
  engine: Engine,
  { lab, run, image }: Isolated,
): Promise<string | undefined> {
  const networks = await bridgeNetworks(engine, [`${label.lab}=${lab}`, `${label.run}=${run}`]);
  if (networks.length === 0) return undefined;
  const bridges = networks.map(bridgeOf);
  return await runScript(engine, image, bridges, [await tableOf(engine, lab), ...bridges]);
}

/**
 * Removes the rules of all labs whose networks are gone; to be called when a lab's are.
 * @returns undefined where nothing is left, else why that can't be told
 */
export async function releaseIsolation(engine: Engine, image: string): Promise<string | undefined> {
  const networks = await bridgeNetworks(engine);
  // An engine without any bridge, its own docker0 too, has had no lab.
  if (networks.length === 0) return undefined;
  return await runScript(engine, image, networks.map(bridgeOf), []);
}

/** A line for whoever starts a lab whose isolation is not enforced. */
export function notEnforced(why: string): string {
  return `not enforced: the host forwards what a node sends to its bridge's own hardware address (${why})`;
}

async function runScript(
  engine: Engine,
  image: string,
  bridges: readonly string[],
  args: readonly string[],
): Promise<string | undefined> {
  if (!mayChangeMachine()) return forbidden("put rules into the host's firewall");
  if (isRoot() && (await areHere(bridges))) {
    const nft = await execa("sh", ["-c", script, "host-firewall", ...args], { reject: false });
    if (!nft.failed) return undefined;
    // No nft on this machine: the base image has one.
    if (nft.exitCode !== 127) return lastLine(nft.stderr) ?? nft.shortMessage;
  }
  try {
    const { exitCode, output } = await runOnce(engine, {
      Image: image,
      Entrypoint: ["sh", "-c", script, "host-firewall", ...args],
      Labels: { [label.lab]: "host-firewall", [label.kind]: "probe" },
      HostConfig: {
        NetworkMode: "host",
        // An engine that maps users lends its host network to no other namespace.
        UsernsMode: "host",
        CapDrop: ["ALL"],
        CapAdd: ["NET_ADMIN"],
        ReadonlyRootfs: true,
        SecurityOpt: ["no-new-privileges"],
      },
    });
    return exitCode === 0 ? undefined : (lastLine(output) ?? `nft ended with ${exitCode}`);
  } catch (error) {
    if (engineStatus(error) === undefined) throw error;
    return `a container in the host's network can't be had: ${(error as Error).message}`;
  }
}

/** Whether the engine's bridges are in our own network namespace. */
async function areHere(bridges: readonly string[]): Promise<boolean> {
  // Every engine has a docker0; other names are made of an id, and are this engine's alone.
  const telling = bridges.filter((bridge) => bridge.startsWith("br-"));
  if (telling.length === 0 && !isLocalEngine()) return false;
  const interfaces = await readFile("/proc/net/dev", "utf8").catch(() => "");
  const names = new Set(interfaces.split("\n").map((line) => line.split(":")[0]?.trim()));
  const named = telling.length > 0 ? telling : bridges;
  return named.length > 0 && named.every((bridge) => names.has(bridge));
}

type BridgeNetwork = Awaited<ReturnType<Engine["listNetworks"]>>[number];

async function bridgeNetworks(engine: Engine, labels: string[] = []): Promise<BridgeNetwork[]> {
  const filters = { driver: ["bridge"], ...(labels.length > 0 ? { label: labels } : {}) };
  return await engineCall(engine.listNetworks({ filters }));
}

/** The name that Docker gives a network's bridge. */
function bridgeOf({ Id, Options }: BridgeNetwork): string {
  return Options?.["com.docker.network.bridge.name"] ?? `br-${Id.slice(0, 12)}`;
}

/** Two engines may share a network namespace, and have labs of the same name. */
async function tableOf(engine: Engine, lab: string): Promise<string> {
  const { ID } = await engineCall(engine.info());
  return `tailnet-lab-${lab}-${createHash("sha256").update(String(ID)).digest("hex").slice(0, 6)}`;
}

function lastLine(text: string): string | undefined {
  return text.trim().split(/\r?\n/).at(-1) || undefined;
}
