import type { Mutation } from "./mutation.ts";
import { makeDeaf } from "./running.ts";

export const doctorMutations: readonly Mutation[] = [
  {
    name: "doctor-iptables-unlooked",
    scenario: "doctor",
    test: "a rule of iptables-legacy is told where a program prints it",
    because: /expected \[\] to match object \[/,
    // As where nobody asks for them: nothing is printed, and all is well.
    started: async (lab) => void (await makeDeaf(lab.node("printer"), "timeout", "p in iptables")),
  },
];
