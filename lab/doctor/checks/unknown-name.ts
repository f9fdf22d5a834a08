import type { Attempts, TailscaleObservations } from "../../evidence/observations.ts";
import { nearName } from "../../near-name.ts";
import { type Check, type Look, seen } from "../check.ts";
import type { Seen } from "../finding.ts";
import {
  coveredControl,
  domainOf,
  isUnder,
  knownNames,
  splitDomainOf,
  unresolved,
} from "../names.ts";

/** TL504 name-unknown: who should know it says that it does not exist. */
export const unknownName: Check = {
  finds: ["TL504"],
  step: "name",
  explainedBy: [
    "TL501",
    "TL502",
    "TL503",
    "TL505",
    "TL506",
    "TL507",
    "TL508",
    "TL509",
    "TL510",
    "TL512",
  ],
  run(look) {
    const asked = unresolved(look.observations);
    const node = look.observations.tailscale.get(asked?.question.from ?? "");
    if (asked?.magicDns === undefined || node === undefined) return;
    const known = knownNames(node);
    const { name } = asked;
    const plain = name.toLowerCase().replace(/\.$/, "");
    const denial = denialOf(look, node, asked.magicDns, plain);
    if (denial === undefined || known.includes(plain)) return;
    // The tailnet's domain is the cause: TL511.
    if (plain === coveredControl(node)) return;
    const domain = domainOf(node);
    // A name alone is completed before it is asked for.
    if (known.includes(`${plain}.${domain}`)) return;
    const label = plain.split(".")[0] ?? plain;
    // What it calls itself and what control calls it may differ.
    const peers = node.status.kind === "seen" ? node.status.value.peers : [];
    const near =
      known.find((each) => each.split(".")[0] === label) ??
      peers.find((peer) => peer.name === label && known.includes(peer.dnsName))?.dnsName ??
      known.find(
        (each) =>
          each.split(".")[0] ===
          nearName(
            label,
            known.map((k) => k.split(".")[0] ?? ""),
          ),
      );
    const isSplit = splitDomainOf(node, plain);
    const isOfTailnet = isUnder(plain, domain) || !plain.includes(".");
    look.found({
      code: "TL504",
      node: node.machine.name,
      involves: [name],
      what: `there is no ${name}${near === undefined ? "" : `; ${near} is there`}`,
      seen: [denial, seen(node.status, `names: ${known.slice(0, 8).join(", ")}`)],
      why:
        isSplit !== undefined
          ? `the server of ${isSplit.domain}, ${isSplit.servers.join(", ")}, says that it does not exist`
          : isOfTailnet
            ? `MagicDNS on ${node.machine.name} knows the names of its peers under ${domain}, and it is none of them: misspelt, renamed, removed, or hidden by the policy`
            : `it is not of the tailnet's domain ${domain}, and the resolver says that it does not exist`,
      fix: [
        near !== undefined
          ? `on ${node.machine.name}: use ${near}`
          : isSplit !== undefined
            ? `on ${node.machine.name}: dig @${isSplit.servers[0]} ${plain}, and add it there`
            : isOfTailnet
              ? `on ${node.machine.name}: tailscale status`
              : "on control, where a DNS server of yours has it: give its domain that nameserver",
        ...(isOfTailnet ? ["on control: headscale nodes list"] : []),
      ],
      explains: [`${node.machine.name} can't resolve ${name}`],
    });
  },
};

/** What says that MagicDNS does not know a name: its answer, or in a capture, which has none, all that it knows. */
function denialOf(
  look: Look,
  node: TailscaleObservations,
  answer: NonNullable<Attempts["magicDns"]>,
  name: string,
): Seen | undefined {
  const isUntried = !look.observations.isLive && answer.kind === "unseen" && !answer.evidence;
  if (!isUntried) {
    const status = look.read(answer)?.status;
    return status === "NXDOMAIN" ? seen(answer, `status: ${status}`) : undefined;
  }
  // Who has no netmap does not tell its extra records.
  const [netmap, dns] = [look.read(node.netmap), look.read(node.dns)];
  if (netmap === undefined || dns?.isMagic !== true) return undefined;
  const domain = domainOf(node);
  // A name alone may be of /etc/hosts, or of another search domain, unless it is nearly a peer's.
  const labels = knownNames(node).map((each) => each.split(".")[0] ?? "");
  const isOfTailnet = name.includes(".")
    ? isUnder(name, domain)
    : nearName(name, labels) !== undefined;
  return isOfTailnet ? seen(node.dns, `"MagicDNSSuffix": "${domain}"`) : undefined;
}
