import { covers, isDefault, isTailnetAddress } from "../../evidence/prefix.ts";
import { works } from "../asked.ts";
import { type Check, seen } from "../check.ts";

/** TL126: who asks for an address of the tailnet is not in it, and has no route there. */
export const noTailscale: Check = {
  finds: ["TL126"],
  step: "machine",
  explainedBy: ["TL118"],
  run({ observations, read, found }) {
    const { attempts, hosts } = observations;
    if (attempts?.address == null) return;
    const isWorking = works(attempts);
    // In a capture nobody can try it.
    if (isWorking === true || (isWorking === undefined && observations.isLive)) return;
    const { address, question } = attempts;
    const host = hosts.get(question.from);
    const routes = host === undefined ? undefined : read(host.routes);
    if (host === undefined || routes === undefined || !isTailnetAddress(address)) return;
    const [route] = routes.filter(({ prefix }) => covers(prefix, address) && !isDefault(prefix));
    if (route !== undefined) return;
    const name = question.from;
    found({
      code: "TL126",
      node: name,
      what: `${name} runs no Tailscale, and has no route to ${address}`,
      seen: [seen(host.routes, `no route but the default one covers ${address}`)],
      why: "its packets to the tailnet's addresses go to the router of its LAN, which knows no more of them, and sends them out to the internet",
      fix: [
        `on ${name}: install Tailscale, and tailscale up, with its --login-server`,
        `on ${name}, else, where its LAN has a subnet router: ip route add 100.64.0.0/10 via ADDRESS-OF-THE-SUBNET-ROUTER; the other end must accept the LAN's route (--accept-routes), and the policy have the LAN as "src"`,
      ],
      explains: [`${name} can't reach ${question.to}`],
    });
  },
};
