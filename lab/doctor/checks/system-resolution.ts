import { magicDnsAddresses } from "../../evidence/prefix.ts";
import { type Check, seen } from "../check.ts";

/** TL514: the servers of /etc/resolv.conf answer, and programs get nothing. */
export const systemResolution: Check = {
  finds: ["TL514"],
  step: "name",
  explainedBy: ["TL501", "TL502", "TL503", "TL510"],
  run({ observations, read, found }) {
    const { attempts } = observations;
    const node = observations.tailscale.get(attempts?.question.from ?? "");
    if (attempts?.name == null || node === undefined) return;
    if (attempts.system === undefined || attempts.magicDns === undefined) return;
    const system = read(attempts.system);
    const answers = read(attempts.magicDns)?.answers ?? [];
    const servers = read(node.resolvConf)?.nameservers ?? [];
    if (system === undefined || system.length > 0 || answers.length === 0) return;
    // Where another goes first, that one is asked.
    if (!magicDnsAddresses.includes(servers[0] ?? "")) return;
    const { name, question } = attempts;
    found({
      code: "TL514",
      node: question.from,
      involves: [name],
      what: `programs on ${question.from} find no address for ${name}, and MagicDNS, which they should ask, has ${answers[0]}`,
      seen: [
        seen(attempts.system, "no address"),
        seen(attempts.magicDns, `${name} ${answers[0]}`),
        seen(node.resolvConf, `nameserver ${servers[0]}`),
      ],
      why: "programs do not ask the servers of /etc/resolv.conf: the line `hosts` of /etc/nsswitch.conf has no `dns`, or something before it ends the search",
      fix: [`on ${question.from}: sed -i 's/^hosts:.*/hosts: files dns/' /etc/nsswitch.conf`],
      explains: [`no program on ${question.from} finds ${name}`],
    });
  },
};
