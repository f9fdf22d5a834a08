import { works } from "../asked.ts";
import { type Check, seenLine } from "../check.ts";

/** TL116: only its own programs are affected, who comes in is served. */
export const userspaceNetworking: Check = {
  finds: ["TL116"],
  step: "route",
  explainedBy: [],
  run({ observations, question, read, found }) {
    const { attempts } = observations;
    if (attempts !== undefined && works(attempts) === true) return;
    for (const { machine, status, process } of observations.tailscale.values()) {
      const isFrom = question === undefined || question.from === machine.name;
      const value = read(status);
      if (!isFrom || value === undefined || value.tun) continue;
      found({
        code: "TL116",
        node: machine.name,
        what: `tailscaled on ${machine.name} has no tunnel device`,
        seen: [
          seenLine(status, /"TUN"/, '"TUN": false'),
          ...(process.kind === "seen" ? [seenLine(process, /--tun=/, "tailscaled")] : []),
        ],
        why: "with userspace networking the kernel has no route into the tailnet: programs reach it by tailscaled's proxy alone",
        fix: [
          `on ${machine.name}, in FLAGS of /etc/default/tailscaled: take --tun=userspace-networking out`,
          `on ${machine.name}: systemctl restart tailscaled`,
          `on ${machine.name}, else: add --socks5-server=localhost:1055 there, restart it, and have programs use that proxy`,
        ],
        explains: [`programs on ${machine.name} don't reach the tailnet`],
      });
    }
  },
};
