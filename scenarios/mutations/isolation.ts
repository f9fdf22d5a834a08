import { setTimeout as pause } from "node:timers/promises";
import { acquireLock } from "../../lab/engine/lock.ts";
import { subnetLock } from "../../lab/engine/subnet-pool.ts";
import { RunningLab } from "../../lab/running/running-lab.ts";
import { nobody, segmentOf } from "../harness/uplink-guard.ts";
import type { Mutation } from "./mutation.ts";

/** Of the labs that the scenario starts at once, the one to break, by its number. */
function isLab(lab: string, number: number): boolean {
  return lab.endsWith(`-${number}`);
}

export const isolationMutations: readonly Mutation[] = [
  {
    name: "another-machine-answers",
    scenario: "isolation",
    test: "in each of four labs",
    because: /pings that phone and www saw in each lab/,
    async started(lab) {
      if (!isLab(lab.name, 2)) return;
      const [www = ""] = lab.node("www").spec.addresses;
      const elsewhere = `table ip tailnet_lab_astray { chain output { type nat hook output priority -100; ip daddr ${www} dnat to 198.18.0.53; }; }`;
      await lab.node("laptop").output(["nft", "-f", "-"], { input: elsewhere });
    },
  },
  {
    name: "on-another-labs-network",
    scenario: "isolation",
    test: "an address of one lab",
    because: /who of another lab is answered by 198\.18\.77\.77: expected \[ 'www of .*-2' \]/,
    async started(lab) {
      if (!isLab(lab.name, 2)) return;
      const www = lab.node("www");
      const other = await RunningLab.find(lab.name.replace(/2$/, "1"), { run: lab.run });
      const { dockerName } = await segmentOf(other.node("www"));
      await lab.engine.getNetwork(dockerName).connect({ Container: www.container.id });
      const script = `device=$(ip -o -4 addr show | awk '$4 ~ /^198[.]19[.]/ { print $2 }') &&
ip addr add 198.18.88.88/32 dev "$device" && ip route add 198.18.77.77 dev "$device" src 198.18.88.88`;
      await www.output(["sh", "-c", script]);
    },
  },
  {
    name: "docker-gateway-left-on",
    scenario: "isolation",
    test: "no packet leaves",
    because: /packets of labs on their way out: expected \d+ to be/,
    // As Docker makes a network by default: the machine has an address on it, and forwards.
    planned: (plan) => ({
      ...plan,
      networks: plan.networks.map((network) => ({ ...network, driverOptions: {} })),
    }),
    async started(lab) {
      const www = lab.node("www");
      const { gateway } = await segmentOf(www);
      const out = `ip route add ${gateway} dev inet && ip route add ${nobody} via ${gateway}`;
      await www.output(["sh", "-c", out]);
      await www.exec(["ping", "-qn", "-c2", "-i0.1", "-W1", nobody]);
    },
  },
  {
    name: "subnet-lock-kept",
    scenario: "isolation",
    test: "a lab that is gone",
    because: /networks of Docker's pool still locked/,
    async started(lab) {
      const { gateway } = await segmentOf(lab.node("www"));
      void neverRelease(await subnetLock(lab.engine, Number(gateway.split(".")[2])));
    },
  },
];

/** Locks what its holder, this process too, lets go in a moment, and never lets go. */
async function neverRelease(name: string): Promise<void> {
  while ("holder" in (await acquireLock(name, "never lets go"))) await pause(20);
}
