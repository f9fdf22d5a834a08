import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "serve-backend-missing",
  flow: "cant-reach",
  title: "A service is published by tailscale serve, and nothing runs behind it",
  report:
    "I publish our wiki by `tailscale serve`. The port is open, says nc, and every page is an empty 502. I changed nothing.",
  topology: homelab,
  setup: [
    {
      on: "exit",
      run: "tailscale serve --bg --http 8000 http://127.0.0.1:80",
      undo: "tailscale serve reset",
    },
  ],
  faults: [{ kind: "service-down", node: "exit", port: 80 }],
  symptoms: [
    {
      attempt: {
        kind: "command",
        on: "laptop",
        run: "curl -sSf -m 5 -o /dev/null http://exit:8000/",
      },
      broken: "fails",
      repaired: "succeeds",
    },
  ],
  question: { from: "laptop", to: "exit:8000" },
  finding: { code: "TL129", node: "exit" },
  look: [
    {
      on: "exit",
      run: "tailscale serve status | grep proxy",
      tells: "where tailscaled hands it on to",
    },
    {
      on: "exit",
      run: "ss -Hltn 'sport = :80' | wc -l",
      tells: "nothing listens there",
    },
    {
      on: "laptop",
      run: "curl -sS -m 5 -o /dev/null -w '%{http_code}\\n' http://exit:8000/",
      tells: "tailscaled itself answers: 502",
    },
  ],
  hint: "`tailscale serve status` on exit: where does it hand the connections on to?",
  remedy: [{ on: "exit", run: "service nginx start" }],
  sources: [],
} satisfies Case;
