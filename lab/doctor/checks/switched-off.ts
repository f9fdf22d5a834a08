import { type Check, seen } from "../check.ts";
import { switchesOf } from "../paths.ts";

/** TL411 direct-paths-switched-off: by the environment of tailscaled. */
export const switchedOff: Check = {
  finds: ["TL411"],
  step: "path",
  explainedBy: [],
  run(look) {
    for (const [name, node] of look.observations.tailscale) {
      if (node.process.kind === "unseen" && node.process.isDown) continue;
      look.read(node.process);
      const switches = switchesOf(node);
      const [first] = switches;
      if (first === undefined) continue;
      look.found({
        code: "TL411",
        node: name,
        what: `${name}'s tailscaled is told to use no direct paths: ${switches.join(", ")}`,
        seen: [seen(node.process, first)],
        why: "tailscaled reads it when it starts, and then uses relays alone whatever the network allows",
        fix: [
          `on ${name}, in /etc/default/tailscaled or \`systemctl edit tailscaled\`: take ${first.split("=")[0]} out`,
          `on ${name}: systemctl restart tailscaled`,
        ],
        explains: [`all of ${name}'s paths go by relay`],
      });
    }
  },
};
