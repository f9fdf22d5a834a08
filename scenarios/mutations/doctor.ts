import type { Mutation } from "./mutation.ts";
import { applyGrants } from "./policy.ts";
import { addTable, makeDeaf, removeProgram, undoAll } from "./running.ts";

const scenario = "doctor";

/** What the doctor says of packets is what the machines' own tools showed, and nothing else. */
export const doctorMutations: readonly Mutation[] = [
  {
    name: "doctor-iptables-unlooked",
    scenario,
    test: "a rule of iptables-legacy is told where a program prints it",
    because: /expected \[\] to match object \[/,
    // As where nobody asks for them: nothing is printed, and all is well.
    started: async (lab) => void (await makeDeaf(lab.node("printer"), "timeout", "p in iptables")),
  },
  {
    name: "doctor-nobody-listens",
    scenario,
    test: "pings that arrive and are ignored: TL131",
    because: /expected 'the request left laptop by its tunnel/,
    applied: (lab) => removeProgram(lab.node("router"), "tcpdump"),
  },
  {
    name: "doctor-host-unheard",
    scenario,
    test: "an answer that leaves by another gateway",
    because: /expected 'router sent the request on' to match/,
    applied: (lab) => removeProgram(lab.node("printer"), "tcpdump"),
  },
  {
    name: "doctor-request-arrives",
    scenario,
    test: "a request that never comes out of the target's tunnel",
    because: /expected 'the request came out of the tunnel/,
    async applied(lab) {
      const open = await applyGrants(lab, () => [{ src: ["*"], dst: ["*"], ip: ["*"] }]);
      const rule = "type filter hook input priority 0; tcp dport 22 drop;";
      return undoAll(
        open,
        await addTable(lab.node("router"), `table inet stray { chain in { ${rule} }; }`),
      );
    },
  },
];
