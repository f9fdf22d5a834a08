import { statePath } from "../../lab/plan/volumes.ts";
import type { Mutation } from "./mutation.ts";
import { makeDeaf } from "./running.ts";

export const lifecycleMutations: readonly Mutation[] = [
  {
    name: "state-not-kept",
    scenario: "lifecycle",
    test: "a node that loses its power",
    because: /nodes that Headscale knows/,
    planned: (plan) => ({
      ...plan,
      containers: plan.containers.map((container) => ({
        ...container,
        // A memory file system: empty after each start.
        command: container.command.map((word) =>
          container.name === "phone"
            ? word.replaceAll(`--statedir="${statePath}/`, '--statedir="/dev/shm/')
            : word,
        ),
      })),
    }),
  },
  {
    name: "interfaces-left-up",
    scenario: "lifecycle",
    test: "a node that restarts while control",
    because: /machines that answer for the tablet's address: expected '2' to be '1'/,
    planned: (plan) => ({
      ...plan,
      containers: plan.containers.map((container) => ({
        ...container,
        command: container.command.map((word) => word.replaceAll("trap leave_network TERM", "")),
      })),
    }),
  },
  {
    name: "traffic-stops-with-control",
    scenario: "lifecycle",
    test: "the control server restarts",
    because: /the longest time in ms that the stream stood still/,
    async started(lab) {
      const stop = `while curl -ks -o /dev/null --max-time 1 https://198.18.0.2/health; do sleep 0.1; done
nft 'table inet stop { chain input { type filter hook input priority raw; iifname tailscale0 drop; }; }'
sleep 2; nft delete table inet stop`;
      await lab.node("phone").spawn(["sh", "-c", stop]);
    },
  },
  {
    name: "logout-without-effect",
    scenario: "lifecycle",
    test: "a node that is logged out",
    because: /only the phone's key is valid: expected \[ 'phone', 'tablet' \]/,
    applied: (lab) => makeDeaf(lab.node("tablet"), "tailscale", "logout"),
  },
];
