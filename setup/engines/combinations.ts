import { $, which } from "zx";
import versions from "../../versions.json" with { type: "json" };

/** One way to run a Docker Engine: the one built here, or the machine's own with its defaults. */
export type Combination = { name: string } & (
  | { from: "modules"; store: Store; firewall: Firewall }
  | { from: "machine" }
);

/** Where images are kept: containerd's store, or the one that Docker had before. */
type Store = "containerd" | "overlay2";
type Firewall = "iptables" | "nftables";

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
  return [...all, { name: `${version} as installed`, from: "machine" }];
}

function built(store: Store, firewall: Firewall): Combination {
  return { name: `${versions.docker} ${store} ${firewall}`, from: "modules", store, firewall };
}

/** The version of the machine's dockerd; Debian 12's is 20.10.24. */
async function machineVersion(): Promise<string | undefined> {
  if ((await which("dockerd", { nothrow: true })) === null) return undefined;
  const { stdout } = await $({ quiet: true })`dockerd --version`;
  return /version ([\d.]+)/.exec(stdout)?.[1];
}
