import type { Case } from "../case.ts";
import { findsPath } from "../looks.ts";
import { homelab } from "../topologies.ts";

export default {
  name: "direct-paths-switched-off",
  flow: "slow",
  title: "Direct paths are switched off by a debug setting",
  report:
    "My laptop is always relayed, to everybody, in every network. netcheck finds nothing wrong.",
  topology: homelab,
  faults: [],
  changes: [
    {
      on: "laptop",
      run: `mkdir -p /run/programs && echo 'export TS_DEBUG_ALWAYS_USE_DERP=true; exec tailscaled --statedir="/lab/state/$identity" --socket="$socket" --port=41641 --no-logs-no-support' > /run/programs/tailscaled && service tailscaled restart`,
      undo: "[ ! -e /run/programs/tailscaled ] || { rm /run/programs/tailscaled && service tailscaled restart; }",
    },
  ],
  symptoms: [
    {
      attempt: { kind: "path", from: "laptop", to: "phone" },
      broken: "derp",
      repaired: "direct",
    },
  ],
  question: { from: "laptop", to: "phone" },
  finding: { code: "TL411", node: "laptop" },
  look: [
    {
      on: "laptop",
      run: "tr '\\0' '\\n' < /proc/$(pidof tailscaled)/environ | grep TS_DEBUG",
      tells: "tailscaled runs with a debug setting that takes direct paths away",
    },
    findsPath("laptop", "phone", "no direct path is found"),
  ],
  hint: "With what environment was tailscaled started?",
  remedy: [{ on: "laptop", run: "rm -f /run/programs/tailscaled && service tailscaled restart" }],
  sources: ["tailscale/tailscale#12548"],
} satisfies Case;
