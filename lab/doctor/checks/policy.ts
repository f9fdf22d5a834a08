import type { Observations, TailscaleObservations } from "../../evidence/observations.ts";
import { permits, portsBetween, portsText } from "../../evidence/packet-filter.ts";
import { unknownUsers } from "../../evidence/policy-rules.ts";
import { covers, isDefault, isTailnetAddress } from "../../evidence/prefix.ts";
import { ownPrefixes } from "../../evidence/where.ts";
import { nearName } from "../../near-name.ts";
import { receiverOf, selectorOf, sourceOf, works } from "../asked.ts";
import { type Check, outOfTailnet, seen } from "../check.ts";
import type { Seen } from "../finding.ts";
import { inPolicy } from "../in-policy.ts";

/** TL201, TL202 and TL203: what the receiver's own filter, which control has made of the policy, lets in. */
export const policy: Check = {
  finds: ["TL201", "TL202", "TL203"],
  step: "policy",
  explainedBy: [...outOfTailnet, "TL102", "TL103", "TL302", "TL303", "TL405", "TL513"],
  run({ observations, read, found }) {
    const { attempts } = observations;
    if (attempts?.address == null || works(attempts) === true) return;
    const { address, question, connect, target } = attempts;
    const server = receiverOf(observations);
    const receiver = server ?? hiddenRouter(observations, address);
    const own = observations.tailscale.get(question.from);
    if (receiver === undefined || own === undefined) return;
    // Who uses an exit node needs another kind of rule.
    const isInternet =
      server !== undefined && !isTailnetAddress(address) && attempts.peer !== receiver.machine.name;
    const filter = read(receiver.netmap)?.packetFilter;
    if (filter === undefined || isInternet) return;
    if (connect?.kind === "seen" && connect.value === "refused") return;
    const source = sourceOf(observations, question.from, address);
    if (source === undefined) return;
    const { port, protocol } = question;
    if (permits(filter, { source, destination: address, port, protocol })) return;
    const name = receiver.machine.name;
    const to = target ?? address;
    const what = port === undefined ? "anything" : `${protocol}/${port}`;
    const about = {
      node: name,
      involves: [question.from, to],
      explains: [`${question.from} can't reach ${to}${port === undefined ? "" : `:${port}`}`],
    };
    const others = portsBetween(filter, { source, destination: address });
    const back = read(own.netmap)?.packetFilter ?? [];
    const otherWay = isTailnetAddress(address)
      ? portsBetween(back, { source: address, destination: source })
      : [];
    const none = `"PacketFilter" has no rule from ${source} to ${address}`;
    const rule = `{ "src": ["${selectorOf(own)}"], "dst": ["${isTailnetAddress(address) ? selectorOf(receiver) : address}"], "ip": ["${port === undefined ? "*" : `${protocol}:${port}`}"] }`;
    const wrong = misspelt(observations, [own, receiver]);
    const also = wrong === undefined ? [] : [wrong.seen];
    const add = `add ${rule} to "grants"`;
    const change =
      wrong === undefined ? add : `write ${wrong.user} in place of ${wrong.written}, or ${add}`;
    const fix = inPolicy(observations, change);
    if (others.length > 0) {
      const list = [...new Set(others.map(portsText))].join(", ");
      found({
        ...about,
        code: "TL203",
        what: `the policy lets ${question.from} use ${list} of ${to}, and not ${what}`,
        seen: [
          seen(receiver.netmap, `"PacketFilter" has ${list} from ${source} to ${address}`),
          ...also,
        ],
        why: `the filter of ${name} drops every other port and protocol without an answer`,
        fix,
      });
    } else if (otherWay.length > 0) {
      const list = [...new Set(otherWay.map(portsText))].join(", ");
      found({
        ...about,
        code: "TL202",
        what: `the policy lets ${to} use ${list} of ${question.from}, and nothing the other way`,
        seen: [
          seen(receiver.netmap, none),
          seen(own.netmap, `"PacketFilter" has ${list} from ${address} to ${source}`),
          ...also,
        ],
        why: `rules have a direction: the filter of ${name} drops what ${question.from} begins`,
        fix,
      });
    } else {
      found({
        ...about,
        code: "TL201",
        what: `no rule of the policy lets ${question.from} use ${what} of ${to}`,
        seen: [seen(receiver.netmap, none), ...also],
        why: `the filter of ${name} drops what no rule allows, without an answer; \`tailscale ping\` does not pass it`,
        fix,
      });
    }
  },
};

/** A name in the policy that is none of control's users: nearly that of one of the nodes' users, or what he was called. */
function misspelt(
  { control }: Observations,
  nodes: readonly TailscaleObservations[],
): { written: string; user: string; seen: Seen } | undefined {
  if (control?.policy.kind !== "seen" || control.users.kind !== "seen") return undefined;
  const names = control.users.value.map((user) => user.name);
  const users = names.map((name) => `${name}@`);
  const owners = nodes.map(selectorOf);
  for (const written of unknownUsers(control.policy.value, names)) {
    const known = owners.filter((owner) => users.includes(owner));
    const user = nearName(written, owners.includes(written) ? users : known);
    if (user === undefined) continue;
    const line = `"${written}", and the users are ${names.join(", ")}`;
    return { written: `"${written}"`, user: `"${user}"`, seen: seen(control.policy, line) };
  }
  return undefined;
}

/** A router that serves the address to others: control hands no route to whom no rule lets use it. */
function hiddenRouter(seen: Observations, address: string): TailscaleObservations | undefined {
  const own = seen.tailscale.get(seen.attempts?.question.from ?? "");
  const { nodes } = seen.control ?? {};
  if (own?.prefs.kind !== "seen" || nodes?.kind !== "seen" || isTailnetAddress(address))
    return undefined;
  const isNear = ownPrefixes(own).some(({ prefix }) => covers(prefix, address));
  if (!own.prefs.value.acceptsRoutes || isNear) return undefined;
  const router = nodes.value.find(
    ({ name, online, advertisedRoutes, approvedRoutes }) =>
      online &&
      name !== own.machine.name &&
      advertisedRoutes.some(
        (route) => !isDefault(route) && approvedRoutes.includes(route) && covers(route, address),
      ),
  );
  return seen.tailscale.get(router?.name ?? "");
}
