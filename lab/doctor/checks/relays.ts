import { livesAt, type RelayView, relayViews, stunSeen } from "../../evidence/relay-views.ts";
import { exitNodeNames } from "../../evidence/where.ts";
import type { Check, Look } from "../check.ts";
import type { Finding, Seen } from "../finding.ts";

/** TL304 to TL307: each node tries each relay by STUN and by HTTPS; who fails, and at what, tells the cause. */
export const relays: Check = {
  finds: ["TL304", "TL305", "TL306"],
  step: "path",
  explainedBy: [
    "TL101",
    "TL109",
    "TL118",
    "TL119",
    "TL130",
    "TL308",
    "TL108",
    "TL204",
    "TL128",
    "TL407",
  ],
  run(look) {
    for (const [first, ...rest] of byRegion(relayViews(look))) {
      const views = [first, ...rest];
      const failed = views.filter(({ isReached }) => !isReached);
      const [one, ...more] = failed;
      if (one === undefined) continue;
      if (failed.length === views.length) look.found(forAll(look, one, more));
      else for (const view of failed) forOne(look, view, views);
    }
  },
};

function byRegion(views: readonly RelayView[]): [RelayView, ...RelayView[]][] {
  const regions = new Map<string, [RelayView, ...RelayView[]]>();
  for (const view of views) {
    const known = regions.get(view.relay.code);
    if (known === undefined) regions.set(view.relay.code, [view]);
    else known.push(view);
  }
  return [...regions.values()];
}

type Told = Omit<Finding, "node" | "involves" | "explains">;

function forAll(look: Look, first: RelayView, others: readonly RelayView[]): Finding {
  const { relay, probe } = first;
  const views = [first, ...others];
  const homes = livesAt(look.observations, relay.code);
  const told = views.every(({ certificate }) => certificate !== undefined)
    ? untrusted(first, others)
    : views.some(({ stun }) => stun === true)
      ? tcpBlocked(first, views)
      : down(first, others);
  const certain = others.length > 0 ? "" : `; only ${first.node} could try: others may reach it`;
  return {
    ...told,
    why: told.why + certain,
    node: relay.code,
    involves: [...new Set([...homes, probe.host])],
    explains:
      homes.length === 0
        ? []
        : [`${homes.join(", ")} can't be reached by relay while they keep it as their home`],
  };
}

function forOne(look: Look, view: RelayView, all: readonly RelayView[]): void {
  const { node, relay, certificate, stun } = view;
  const reaches = all.filter(({ isReached }) => isReached).map((other) => other.seen);
  if (certificate !== undefined) {
    const told = untrusted(view, []);
    look.found({
      ...told,
      node,
      involves: livesAt(look.observations, relay.code),
      seen: [told.seen[0], ...reaches.slice(0, 1)],
      why: `other nodes trust the same certificate: ${node}'s clock is wrong, it lacks the authority, or something on its network answers in the relay's place`,
      fix: [`on ${node}, where \`date\` is wrong: timedatectl set-ntp true`, ...told.fix],
      explains: [],
    });
  } else if (stun === true) {
    const told = tcpBlocked(view, [view]);
    look.found({
      ...told,
      node,
      involves: [
        ...livesAt(look.observations, relay.code),
        ...exitNodeNames(look.observations, node),
      ],
      what: `${node} can't reach relay ${relay.code} by TCP, though it answers ${node}'s STUN`,
      seen: [told.seen[0], ...told.seen.slice(1), ...reaches.slice(0, 1)],
      why: "the relay is up, as others reach it: something between lets UDP pass and drops TCP",
      fix: [
        `on ${node}'s network: let TCP 443 to ${view.probe.host} pass, as well as UDP`,
        `on ${node}: curl -v -m 10 https://${view.probe.host}/generate_204`,
      ],
      explains: [],
    });
  }
}

function untrusted({ node, relay, seen, probe }: RelayView, others: readonly RelayView[]): Told {
  const [expired, early] = [/has expired/.test(seen.line), /not yet valid/.test(seen.line)];
  const word = expired ? "has expired" : early ? "is not yet valid" : "is not trusted";
  return {
    code: "TL306",
    what: `the certificate of relay ${relay.code} (${probe.host}) ${word}`,
    seen: [seen, ...others.slice(0, 1).map((other) => other.seen)],
    why: "nodes refuse a relay whose certificate is not valid, so none connects to it; STUN needs no certificate and goes on, so netcheck still shows the region",
    fix: [
      `on ${probe.host}: renew its certificate, and restart derper`,
      `on ${node}: openssl s_client -connect ${probe.host}:443 -servername ${probe.host} </dev/null | openssl x509 -noout -dates`,
    ],
  };
}

function tcpBlocked({ relay, seen, probe }: RelayView, views: readonly RelayView[]): Told {
  const stun = views
    .filter((view) => view.stun === true)
    .slice(0, 1)
    .map(stunSeen);
  return {
    code: "TL305",
    what: `relay ${relay.code} (${probe.host}) answers STUN, and no TCP`,
    seen: [seen, ...stun],
    why: "netcheck chooses the nearest region by STUN alone: nodes make it their home, and can't connect to it",
    fix: [
      `on ${probe.host}: let TCP 443 come in, as well as UDP 3478`,
      `on ${probe.host}: ss -ltnp 'sport = :443'; nft list ruleset`,
    ],
  };
}

function down(first: RelayView, others: readonly RelayView[]): Told {
  const { relay, seen, probe } = first;
  const isAsked = [first, ...others].some(({ stun }) => stun === false);
  const stun: Seen[] = isAsked ? [stunSeen(first)] : [];
  return {
    code: "TL304",
    what: `relay ${relay.code} (${probe.host}) does not answer`,
    seen: [seen, ...stun, ...others.slice(0, 1).map((other) => other.seen)],
    why: isAsked
      ? "neither TCP nor STUN is answered"
      : "TCP is not answered; whether STUN is can't be told, as these nodes can't use UDP",
    fix: [
      `on ${probe.host}: systemctl restart derper`,
      `on ${probe.host}, where it ends again: journalctl -u derper -n 50`,
    ],
  };
}
