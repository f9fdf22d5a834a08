import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { $ } from "zx";
import { connectEngine, type Engine, isLocalEngine } from "../lab/engine/engine.ts";
import { LabError } from "../lab/errors.ts";
import { errorMessage } from "../lab/images/output.ts";
import { imageRef } from "../lab/images/recipes.ts";
import { label } from "../lab/plan/plan.ts";
import type { Progress } from "../lab/progress.ts";
import { cacheFolder, isRoot, mayInstall } from "./machine.ts";

const tun = "/dev/net/tun";

/**
 * Sees to it that this machine has the TUN device that every Tailscale node is given.
 * An engine elsewhere has its own: the check of the kernel finds it missing there.
 * @throws LabError TunMissing
 */
export async function ensureTun(): Promise<void> {
  if (!isLocalEngine()) return;
  let fault = tunFault();
  if (fault !== undefined && isRoot() && mayInstall()) {
    const quietly = $({ quiet: true, nothrow: true });
    await quietly`modprobe tun`;
    mkdirSync("/dev/net", { recursive: true });
    // The numbers of the kernel's documentation, devices.txt.
    if (!existsSync(tun)) await quietly`mknod -m 666 ${tun} c 10 200`;
    fault = tunFault();
  }
  if (fault !== undefined) {
    throw new LabError("TunMissing", `no TUN device: ${fault}`, {
      where: tun,
      remedy: `load the kernel's module as root: modprobe tun`,
    });
  }
}

function tunFault(): string | undefined {
  try {
    closeSync(openSync(tun, "r+"));
    return undefined;
  } catch (error) {
    // Who may not open it here can still give it to a container: the engine opens it as root.
    return (error as NodeJS.ErrnoException).code === "EACCES" ? undefined : errorMessage(error);
  }
}

/** What the lab's routers and nodes ask of the kernel; each line fails by itself, with its own words. */
const probe = `
nft -f - <<'end' || echo "lacks: nf_tables with NAT and connection tracking"
table inet probe {
  map endpoints { type inet_service : ipv4_addr . inet_service; flags dynamic,timeout; timeout 1m; }
  chain forward { type filter hook forward priority 0; ct state new counter drop; }
  chain postrouting { type nat hook postrouting priority 100; meta nfproto ipv4 masquerade random,fully-random; }
}
end
ip tuntap add dev probe0 mode tun || echo "lacks: TUN devices"
ip rule add fwmark 0x80000 lookup 52 priority 5210 || echo "lacks: policy routing"
`;

/**
 * Sees to it that the engine's kernel can do what a lab needs, by trying it in a container of the
 * base image without a network. What passed is remembered for that engine and kernel.
 * @throws LabError KernelLacks
 */
export async function ensureKernel(progress: Progress): Promise<void> {
  const engine = await connectEngine();
  const { ID, KernelVersion } = await engine.info();
  const image = imageRef({ program: "base" });
  const passed = join(cacheFolder(), "kernel-passed");
  const fingerprint = `${ID} ${KernelVersion} ${image}\n`;
  if (existsSync(passed) && readFileSync(passed, "utf8") === fingerprint) return;
  await progress.step(`kernel ${KernelVersion}`, async () => {
    const said = await runProbe(engine, image);
    const lacks = said.filter((line) => line.startsWith("lacks: "));
    if (lacks.length > 0) {
      const what = lacks.map((line) => line.slice("lacks: ".length)).join(", ");
      throw new LabError("KernelLacks", `the kernel lacks ${what}`, {
        where: `kernel ${KernelVersion}`,
        remedy: `use a kernel with them, or load their modules; the tools said: ${said
          .filter((line) => !lacks.includes(line))
          .join("; ")}`,
      });
    }
  });
  mkdirSync(cacheFolder(), { recursive: true });
  writeFileSync(passed, fingerprint);
}

async function runProbe(engine: Engine, image: string): Promise<string[]> {
  const container = await engine.createContainer({
    Image: image,
    Cmd: ["sh", "-c", probe],
    // One stream of lines instead of two framed ones.
    Tty: true,
    Labels: { [label.lab]: "kernel-probe", [label.kind]: "probe" },
    HostConfig: {
      NetworkMode: "none",
      CapAdd: ["CAP_NET_ADMIN", "CAP_NET_RAW"],
      Devices: [{ PathOnHost: tun, PathInContainer: tun, CgroupPermissions: "rwm" }],
    },
  });
  try {
    await container.start();
    await container.wait();
    const log = await container.logs({ stdout: true, stderr: true });
    return log
      .toString()
      .split(/\r?\n/)
      .filter((line) => line !== "");
  } finally {
    await container.remove({ force: true });
  }
}
