import { type Check, seen, seenLine } from "../check.ts";
import { coveredControl, domainOf } from "../names.ts";

/** TL511 base-domain-covers-control: MagicDNS answers for the whole domain, and does not know the control server. */
export const baseDomain: Check = {
  finds: ["TL511"],
  step: "name",
  explainedBy: [],
  run(look) {
    for (const [name, node] of look.observations.tailscale) {
      if (node.prefs.kind === "unseen" && node.prefs.isDown) continue;
      const url = look.read(node.prefs)?.controlUrl ?? "";
      look.read(node.dns);
      const host = coveredControl(node);
      const domain = domainOf(node);
      if (host === undefined) continue;
      look.found({
        code: "TL511",
        node: name,
        what: `the tailnet's domain ${domain} covers the control server's own name ${host}`,
        seen: [
          seenLine(node.prefs, /"ControlURL"/, `"ControlURL": "${url}"`),
          seen(node.dns, `"MagicDNSSuffix": "${domain}"`),
        ],
        why: `MagicDNS answers that ${host} does not exist, as no node has the name: programs don't find control, and tailscaled does not either once it has forgotten its address`,
        fix: [
          `on control, in config.yaml: set dns.base_domain to a domain that ${host} is not part of`,
          "on control: systemctl restart headscale",
        ],
        explains: [`${host} can't be resolved on ${name}`],
      });
    }
  },
};
