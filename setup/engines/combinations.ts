import { $, which } from "zx";
import versions from "../../versions.json" with { type: "json" };

/** One way to run a Docker Engine. */
export interface Combination {
  /** Such as `29.9.0 containerd nftables`. */
  name: string;
  /** Built here, or the machine's own. */
  from: "modules" | "machine";
  /** Where images are kept: containerd's store, or the one that Docker had before. */
  store: "containerd" | "overlay2";
  firewall: "iptables" | "nftables";
}

/** What a fresh install of the engine built here has by default. */
export const current = built("containerd", "iptables");

/** All, the machine's own engine last where there is one. */
export async function combinations(): Promise<Combination[]> {
  const all = [
    current,
    built("containerd", "nftables"),
    built("overlay2", "iptables"),
    built("overlay2", "nftables"),
  ];
  const version = await machineVersion();
  if (version === undefined) return all;
  const name = `${version} overlay2 iptables`;
  return [...all, { name, from: "machine", store: "overlay2", firewall: "iptables" }];
}

function built(store: Combination["store"], firewall: Combination["firewall"]): Combination {
  return { name: `${versions.docker} ${store} ${firewall}`, from: "modules", store, firewall };
}

/** The version of the machine's dockerd; Debian 12's is 20.10.24. */
async function machineVersion(): Promise<string | undefined> {
  if ((await which("dockerd", { nothrow: true })) === null) return undefined;
  const { stdout } = await $({ quiet: true })`dockerd --version`;
  return /version ([\d.]+)/.exec(stdout)?.[1];
}
