import type { Case } from "../case.ts";
import { connects } from "../looks.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "service-hangs",
  flow: "cant-reach",
  title: "The service listens, and does not take the connections",
  report:
    "The server's page loads and loads, and nothing comes. The port is open, says nc, and everything else on the server works.",
  topology: homelab,
  faults: [],
  changes: [{ on: "server", run: "pkill -STOP nginx", undo: "pkill -CONT nginx" }],
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "server", port: 80 },
      broken: "unanswered",
      repaired: "reached",
    },
  ],
  question: { from: "laptop", to: "server:80" },
  finding: { code: "TL127", node: "server" },
  look: [
    {
      on: "server",
      run: "ps -o stat=,comm= -C nginx | sort -u",
      tells: "the program's processes are stopped (`T`)",
    },
    {
      on: "server",
      run: "ss -Hltn 'sport = :80' | awk '{ waiting += $2 } END { print (waiting > 0 ? \"connections wait\" : \"none waits\") }'",
      tells: "connections wait to be accepted: `Recv-Q` of `ss -ltn`",
    },
    connects("laptop", "server", 80, "the connection opens all the same: the kernel does that"),
  ],
  hint: "`ss -ltn` on the server: what is in Recv-Q of the port?",
  remedy: [{ on: "server", run: "service nginx restart" }],
  sources: [],
} satisfies Case;
