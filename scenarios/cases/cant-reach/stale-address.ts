import type { Case } from "../case.ts";
import { homelab } from "../topologies.ts";

/** Docker mounts the file: it can be written, not replaced. */
const edit = (command: string) =>
  `sed '${command}' /etc/hosts > /tmp/hosts && cat /tmp/hosts > /etc/hosts`;

export default {
  name: "stale-address",
  flow: "cant-reach",
  title: "The address is one that no machine of the tailnet has any more",
  report:
    "I put my /etc/hosts back from a backup of last year. Since then `files` does not answer on my laptop. The workstation, which it stands for, is online.",
  topology: homelab,
  setup: [
    {
      on: "laptop",
      run: 'echo "$(tailscale ip -4 workstation) files" >> /etc/hosts',
      undo: edit("/ files$/d"),
    },
  ],
  faults: [],
  changes: [{ on: "laptop", run: edit("s/^.* files$/100.64.0.200 files/") }],
  symptoms: [
    {
      attempt: {
        kind: "command",
        on: "laptop",
        run: "curl -sS -o /dev/null --max-time 5 http://files/",
      },
      broken: "fails",
      repaired: "succeeds",
    },
  ],
  question: { from: "laptop", to: "files:80" },
  finding: { code: "TL117" },
  look: [
    {
      on: "laptop",
      run: "getent hosts files",
      tells: "the name stands for an address that no machine has",
    },
    {
      on: "laptop",
      run: `tailscale status | grep "^$(getent hosts files | cut -d ' ' -f 1) "`,
      tells: "none of `tailscale status` has it",
    },
  ],
  hint: "`getent hosts files`, and `tailscale whois` of what it prints.",
  remedy: [
    { on: "laptop", run: "tailscale ip -4 workstation", as: "ADDRESS" },
    {
      on: "laptop",
      run: 'sed "s/^.* files$/$ADDRESS files/" /etc/hosts > /tmp/hosts && cat /tmp/hosts > /etc/hosts',
    },
  ],
  sources: ["tailscale/tailscale#4594"],
} satisfies Case;
