import { seenValue } from "../../evidence/observation.ts";
import { isPrivate, isTailnetAddress } from "../../evidence/prefix.ts";
import { type Check, seen, seenLine } from "../check.ts";

/** TL513: the system finds another address for a name of the tailnet's DNS than MagicDNS has. */
export const resolvedElsewhere: Check = {
  finds: ["TL513"],
  step: "name",
  explainedBy: ["TL501", "TL502", "TL503"],
  run({ observations, read, found }) {
    const { attempts } = observations;
    if (attempts?.name == null || attempts.system === undefined || attempts.magicDns === undefined)
      return;
    const { name, question } = attempts;
    const all = read(attempts.system) ?? [];
    const ofFour = all.filter((each) => each.includes("."));
    const system = ofFour.length > 0 ? ofFour : all;
    // Names of the internet have many addresses, by who asks and when.
    const magic = (read(attempts.magicDns)?.answers ?? []).filter(
      (each) => isTailnetAddress(each) || isPrivate(each),
    );
    const [wrong] = system;
    const [right] = magic;
    if (wrong === undefined || right === undefined) return;
    const node = question.from;
    // MagicDNS was asked for an address of IPv4: of a node it has another.
    const peers = seenValue(observations.tailscale.get(node)?.status)?.peers ?? [];
    const same = peers.find(({ addresses }) => addresses.includes(right))?.addresses ?? [];
    if (system.some((each) => magic.includes(each) || same.includes(each))) return;
    found({
      code: "TL513",
      node,
      involves: [name, wrong],
      what: `${node} finds ${wrong} for ${name}, and MagicDNS has ${right}`,
      seen: [
        seenLine(attempts.system, new RegExp(`^${pattern(wrong)}\\s`), wrong),
        seen(attempts.magicDns, `${name} A ${right}`),
      ],
      why: "something answers before MagicDNS is asked: a line in /etc/hosts, which is to be taken out, a cache, or another resolver that knows the name",
      fix: [
        `on ${node}: sed '/^${pattern(wrong)}[[:space:]].*${pattern(name)}/d' /etc/hosts > /tmp/hosts && cp /tmp/hosts /etc/hosts`,
        `on ${node}, else: resolvectl flush-caches`,
      ],
      explains: [`what is meant for ${name} goes to ${wrong}`],
    });
  },
};

function pattern(text: string): string {
  return text.replaceAll(".", "\\.");
}
