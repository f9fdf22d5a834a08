import { silenceOf } from "../../evidence/control-silence.ts";
import type { Observation } from "../../evidence/observation.ts";
import type { Observations } from "../../evidence/observations.ts";
import { type ControlProbe, isNameMissing, isUntrusted } from "../../evidence/probes.ts";
import { exitNodeNames, usesExitNode } from "../../evidence/where.ts";
import { type Check, type Look, outOfTailnet } from "../check.ts";
import type { Finding, Seen } from "../finding.ts";
import { forwardedNames } from "../names.ts";

/** TL301 control-down, TL302 control-unreachable: the same trial from each node tells them apart. */
const causes = [
  "TL101",
  "TL110",
  "TL118",
  "TL119",
  "TL121",
  "TL122",
  "TL124",
  "TL511",
  "TL503",
  "TL507",
  "TL508",
  "TL512",
  "TL514",
  "TL509",
  "TL308",
  "TL108",
  "TL204",
  "TL407",
] as const;

export const control: Check = {
  finds: ["TL301", "TL302"],
  step: "control",
  explainedBy: causes,
  run(look) {
    const server = look.observations.control;
    // By an exit node go programs, and not tailscaled.
    const tried = tries(look).filter(
      ({ node, probe }) => probe.status !== undefined || !isByExitNode(look, node),
    );
    const failed = tried.filter(({ probe }) => probe.status === undefined);
    const silence = silenceOf(server);
    // Who shows a certificate answers.
    const isAnswering = failed.length > 0 && failed.every(({ probe }) => isUntrusted(probe));
    const isSuspect = silence !== undefined || failed.length > 1;
    if (failed.length === tried.length && isSuspect && !isAnswering) {
      // Headscale answers where it runs: then it is the way to it.
      if (server?.nodes.kind === "seen") return eachUnreachable(look, failed, tried);
      if (failed.length === 0 && silence === undefined) return;
      return allDown(look, failed, silence);
    }
    eachUnreachable(look, failed, tried);
  },
};

/** TL302 of programs alone: what the exit node does not hand on. */
export const controlByExitNode: Check = {
  finds: ["TL302"],
  step: "control",
  explainedBy: [...outOfTailnet, ...causes, "TL106", "TL107", "TL114", "TL115", "TL128", "TL301"],
  run(look) {
    const all = tries(look);
    for (const { node, probe, seen } of all) {
      if (probe.status !== undefined || !isByExitNode(look, node)) continue;
      const exits = exitNodeNames(look.observations, node);
      const others = all.filter((other) => other.probe.status !== undefined);
      look.found({
        code: "TL302",
        node,
        involves: exits,
        what: `programs of ${node} do not reach the control server ${probe.url} through its exit node${exits.map((name) => ` ${name}`).join("")}`,
        seen: [seen, ...others.slice(0, 1).map((other) => other.seen)],
        why: `${whyOnly(look.observations, node, others)}; tailscaled itself sends beside the exit node`,
        fix: [
          ...exits.map((name) => `on ${name}: curl -v ${probe.url}/key?v=142`),
          `on ${node}: tailscale set --exit-node=`,
        ],
        explains: [`programs of ${node} do not reach the internet either; its tailscaled does`],
      });
    }
  },
};

function isByExitNode({ observations }: Look, name: string): boolean {
  const node = observations.tailscale.get(name);
  return node !== undefined && usesExitNode(node);
}

/** What each node got of the control server that tried. */
function tries(look: Look): Tried[] {
  return [...look.observations.tailscale].flatMap(([node, { controlProbe }]): Tried[] => {
    if (controlProbe.kind === "unseen" && controlProbe.isDown) return [];
    const probe = look.read(controlProbe);
    return probe === undefined ? [] : [{ node, probe, seen: seenOf(controlProbe, probe) }];
  });
}

interface Tried {
  node: string;
  probe: ControlProbe;
  seen: Seen;
}

function seenOf(observation: Observation<unknown>, probe: ControlProbe): Seen {
  const node = observation.kind === "seen" ? observation.evidence.node : observation.node;
  const line = probe.error || `HTTP ${probe.status}`;
  return { node, command: `curl -m 4 ${probe.url}/key?v=142`, line };
}

function allDown(look: Look, failed: readonly Tried[], silence: Seen | undefined): void {
  const { control: server, tailscale } = look.observations;
  const name = server?.machine.name ?? hostOf(failed[0]?.probe.url ?? "") ?? "control";
  const [first, ...others] = [
    ...(silence === undefined ? [] : [silence]),
    ...failed.map(({ seen }) => seen),
  ];
  if (first === undefined) return;
  look.found({
    code: "TL301",
    node: name,
    involves: [...tailscale.keys()],
    what: "the control server does not answer",
    seen: [first, ...others.slice(0, 2)],
    why:
      silence === undefined
        ? `none of the ${failed.length} nodes that tried gets an answer; whether it is the server or its network can't be told from the nodes alone`
        : "it does not answer on its own machine either",
    fix: [
      `on ${name}: systemctl status headscale`,
      `on ${name}: journalctl -u headscale -n 100`,
      `on ${name}: systemctl restart headscale`,
    ],
    explains: [
      "nodes that are connected go on with what they know",
      "no node can join, log in or hear of a change",
    ],
  });
}

function eachUnreachable(look: Look, failed: readonly Tried[], all: readonly Tried[]): void {
  for (const { node, probe, seen } of failed) {
    const others = all.filter((other) => other.probe.status !== undefined);
    if (isUntrusted(probe)) {
      look.found(untrusted({ node, probe, seen }, others));
      continue;
    }
    const isName = isNameMissing(probe);
    look.found({
      code: "TL302",
      node,
      what: isName
        ? `${node} finds no address for the control server's name`
        : `${node} does not reach the control server ${probe.url}`,
      seen: [seen, ...others.slice(0, 1).map((other) => other.seen)],
      why: whyOnly(look.observations, node, others),
      fix: isName
        ? [
            `on ${node}: getent hosts ${hostOf(probe.url)}`,
            ...forwardedNames(look.observations, node).map(
              (server) => `on ${node}: dig @${server} ${hostOf(probe.url)}`,
            ),
          ]
        : [
            `on ${node}: curl -v ${probe.url}/key?v=142`,
            `on ${node}'s network: let TCP to ${hostOf(probe.url)} pass, and look at its proxy or firewall`,
          ],
      explains: [`${node} hears of no change, and appears offline after a while`],
    });
  }
}

function untrusted({ node, probe, seen }: Tried, others: readonly Tried[]): Finding {
  const host = hostOf(probe.url) ?? probe.url;
  const trusting = others.slice(0, 1);
  return {
    code: "TL302",
    node,
    what: `${node} does not trust the certificate of the control server ${probe.url}`,
    seen: [seen, ...trusting.map((other) => other.seen)],
    why:
      trusting.length > 0
        ? `other nodes trust the same certificate: ${node}'s clock is wrong, it lacks the authority, or something on its network answers in control's place`
        : `the certificate has expired, is of another name or of an authority that ${node} does not know; or ${node}'s clock is wrong`,
    fix: [
      `on ${node}: date; timedatectl`,
      `on ${node}: openssl s_client -connect ${host}:443 -servername ${host} </dev/null | openssl x509 -noout -dates -issuer`,
    ],
    explains: [`${node} hears of no change, and appears offline after a while`],
  };
}

function whyOnly(seen: Observations, node: string, others: readonly Tried[]): string {
  if (others.length > 0) {
    const names = others.map((other) => other.node).slice(0, 3);
    return `the server is up: ${names.join(", ")} ${names.length === 1 ? "gets" : "get"} an answer`;
  }
  if (seen.control?.nodes.kind === "seen") return "Headscale answers on its own machine";
  return `only ${node} could be asked: whether others reach it, and so whether the server is down, can't be told`;
}

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}
