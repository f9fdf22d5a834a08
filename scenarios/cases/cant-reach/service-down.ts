import type { Case } from "../case.ts";
import { connects } from "../looks.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "service-down",
  flow: "cant-reach",
  title: "The service does not run",
  report:
    'The status page of our machine in the cloud says "connection refused" since this morning. Ping works, and so does everything else on it.',
  topology: homelab,
  faults: [{ kind: "service-down", node: "exit", port: 80 }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "exit", port: 80 },
      broken: "refused",
      repaired: "reached",
    },
  ],
  question: { from: "laptop", to: "exit:80" },
  finding: { code: "TL111", node: "exit" },
  look: [
    { on: "exit", run: "ss -ltn 'sport = :80'", tells: "nothing listens on the port" },
    connects("laptop", "exit", 80, "the connection is refused"),
  ],
  hint: "A refusal comes from the machine itself. Who listens there?",
  remedy: [{ on: "exit", run: "service nginx start" }],
  sources: ["tailscale/tailscale#6699"],
} satisfies Case;
