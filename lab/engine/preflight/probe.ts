import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import type { ContainerCreateOptions, Network } from "dockerode";
import { label } from "../../plan/plan.ts";
import { type Engine, engineCall } from "../engine.ts";
import { runOnce } from "../run-once.ts";
import type { Capacity } from "./capacity.ts";
import { type Feature, features } from "./features.ts";

const script = readFileSync(new URL("../../programs/preflight.sh", import.meta.url), "utf8");
const tun = "/dev/net/tun";
const ipv6 = { "net.ipv6.conf.all.disable_ipv6": "0" };

export interface ProbeResult {
  lacking: Feature[];
  capacity: Capacity;
  /** What the tools printed, in one line. */
  output: string;
}

/**
 * Tries on the engine what labs need of it: two containers of the base image on a network like a lab's. Both and
 * the network are gone afterwards.
 * @throws LabError EngineLost; the engine's own errors
 */
export async function probeEngine(engine: Engine, image: string): Promise<ProbeResult> {
  const labels = { [label.lab]: "preflight", [label.kind]: "probe" };
  const network = await engineCall(
    engine.createNetwork({
      Name: `tailnet-lab-preflight-${randomBytes(4).toString("hex")}`,
      Driver: "bridge",
      Labels: labels,
      // A bare segment, as a lab's are.
      Options: {
        "com.docker.network.bridge.inhibit_ipv4": "true",
        "com.docker.network.bridge.enable_ip_masquerade": "false",
      },
    }),
  );
  try {
    await using other = await startOther(engine, network, { Image: image, Labels: labels });
    return await tryFeatures(engine, {
      Image: image,
      Entrypoint: ["sh", "-c", script, "preflight", other.address],
      Labels: labels,
      HostConfig: {
        NetworkMode: network.id,
        CapAdd: ["CAP_NET_ADMIN", "CAP_NET_RAW"],
        Devices: [{ PathOnHost: tun, PathInContainer: tun, CgroupPermissions: "rwm" }],
        Sysctls: ipv6,
      },
    });
  } finally {
    await engineCall(network.remove());
  }
}

/** What can't be given to a container at all is left out, so that the rest can be tried. */
async function tryFeatures(
  engine: Engine,
  options: ContainerCreateOptions,
  lacking: Feature[] = [],
): Promise<ProbeResult> {
  try {
    return readProbe((await runOnce(engine, options)).output, lacking);
  } catch (error) {
    const { Devices, Sysctls, ...host } = options.HostConfig ?? {};
    const message = String(error);
    if (Devices !== undefined && message.includes(tun)) {
      const without = { ...options, HostConfig: { ...host, Sysctls: Sysctls ?? {} } };
      return await tryFeatures(engine, without, [...lacking, "tun"]);
    }
    if (Sysctls?.[Object.keys(ipv6)[0] ?? ""] !== undefined && /ipv6/.test(message)) {
      const without = { ...options, HostConfig: { ...host, ...(Devices && { Devices }) } };
      return await tryFeatures(engine, without, [...lacking, "ipv6"]);
    }
    throw error;
  }
}

async function startOther(
  engine: Engine,
  network: Network,
  options: ContainerCreateOptions,
): Promise<{ address: string } & AsyncDisposable> {
  const container = await engineCall(
    engine.createContainer({
      ...options,
      Entrypoint: ["sleep", "60"],
      HostConfig: { NetworkMode: network.id },
    }),
  );
  const gone = async () => {
    await engineCall(container.remove({ force: true, v: true }));
  };
  try {
    await engineCall(container.start());
    const { NetworkSettings } = await engineCall(container.inspect());
    const [endpoint] = Object.values(NetworkSettings.Networks);
    return { address: endpoint?.IPAddress ?? "", [Symbol.asyncDispose]: gone };
  } catch (error) {
    await gone();
    throw error;
  }
}

/** @param lacking what was found out before the script ran */
export function readProbe(output: string, lacking: readonly Feature[] = []): ProbeResult {
  const lines = output.split(/\r?\n/).filter((line) => line.trim() !== "");
  const lacks = lines.flatMap((line) => /^lacks: (.+)$/.exec(line)?.[1] ?? []);
  const [, memory] = /^has: memory (\d+)$/m.exec(output) ?? [];
  const [, used, limit] = /^has: tasks (\d+) (\d+)$/m.exec(output) ?? [];
  return {
    lacking: features.filter((each) => lacking.includes(each) || lacks.includes(each)),
    capacity: {
      memoryBytes: memory === undefined ? undefined : Number(memory) * 1024,
      tasks: used === undefined ? undefined : { used: Number(used), limit: Number(limit) },
    },
    output: lines.filter((line) => !/^(lacks|has): /.test(line)).join("; "),
  };
}
