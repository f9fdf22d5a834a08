import type { Unseen } from "../../evidence/observation.ts";
import type { HostObservations } from "../../evidence/observations.ts";
import { everyMachine, exitNodeUsers } from "../asked.ts";
import { type Check, seen } from "../check.ts";

/** TL118. The control server has codes of its own. */
export const machineNotRunning: Check = {
  finds: ["TL118"],
  step: "machine",
  explainedBy: [],
  run({ observations, found }) {
    for (const { machine, addresses } of everyMachine(observations)) {
      if (machine.role === "control" || addresses.kind !== "unseen" || !addresses.isDown) continue;
      if (gaveUpOnControl(addresses)) continue;
      const users = exitNodeUsers(observations, machine.name);
      found({
        ...notRunning(machine.name, addresses),
        why: "a machine that does not run answers nobody, and serves no route",
        fix: [
          `start ${machine.name}`,
          ...users.map((user) => `on ${user}, until then: tailscale set --exit-node=`),
        ],
        explains: [
          `nothing reaches ${machine.name}`,
          ...users.map((user) => `${user}, whose exit node it is, reaches the tailnet alone`),
        ],
      });
    }
  },
};

/** TL118 of nodes that have ended because control did not let them join. */
export const machineGaveUp: Check = {
  finds: ["TL118"],
  step: "control",
  explainedBy: ["TL301"],
  run({ observations, found }) {
    for (const { machine, addresses } of observations.tailscale.values()) {
      if (addresses.kind !== "unseen" || !gaveUpOnControl(addresses)) continue;
      found({
        ...notRunning(machine.name, addresses),
        why: "it waited for the control server, which did not let it join, and gave up",
        fix: [`when control runs: start ${machine.name}`],
        explains: [`nothing reaches ${machine.name}`],
      });
    }
  },
};

function notRunning(node: string, addresses: Unseen) {
  const what = `${node} does not run`;
  return { code: "TL118", node, what, seen: [seen(addresses, addresses.why)] } as const;
}

function gaveUpOnControl(addresses: HostObservations["addresses"]): boolean {
  return addresses.kind === "unseen" && /waiting for the control server/.test(addresses.why);
}
