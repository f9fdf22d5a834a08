import { commandLine } from "../../evidence/commands.ts";
import { silenceOf } from "../../evidence/control-silence.ts";
import type { Observation } from "../../evidence/observation.ts";
import type { ControlObservations, Observations } from "../../evidence/observations.ts";
import { type ControlProbe, isNameMissing, isUntrusted } from "../../evidence/probes.ts";
import { exitNodeNames, usesExitNode } from "../../evidence/where.ts";
import { type Check, type Look, outOfTailnet } from "../check.ts";
import type { Finding, Seen } from "../finding.ts";
import { forwardedNames } from "../names.ts";

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

/** TL301 by its own machine: what is the matter with a node explains nothing of that. */
export const controlDown: Check = {
  finds: ["TL301"],
  step: "control",
  explainedBy: [],
  run(look) {
    const { failed, isDown, silence } = judge(look);
    if (isDown && silence !== undefined) allDown(look, failed, silence);
  },
};

/** TL301 by what the nodes see, where its own machine can't be asked. */
export const controlSilent: Check = {
  finds: ["TL301"],
  step: "control",
  explainedBy: causes,
  run(look) {
    const { failed, isDown, silence } = judge(look);
    if (isDown && silence === undefined) allDown(look, failed, silence);
  },
};

/** TL302: the same trial from each node tells it from TL301. */
export const controlUnreachable: Check = {
  finds: ["TL302"],
  step: "control",
  explainedBy: causes,
  run(look) {
    const { tried, failed, isDown } = judge(look);
    if (!isDown) eachUnreachable(look, failed, tried);
  },
};

function judge(look: Look) {
  const server = look.observations.control;
  // By an exit node go programs, and not tailscaled.
  const tried = tries(look).filter(
    ({ node, probe }) => probe.status !== undefined || !isByExitNode(look, node),
  );
  const failed = tried.filter(({ probe }) => probe.status === undefined);
  const silence = silenceOf(server);
  // Who shows a certificate answers.
  const isAnswering = failed.length > 0 && failed.every(({ probe }) => isUntrusted(probe));
  // Where Headscale answers on its machine it is the way to it.
  const isDown =
    failed.length === tried.length &&
    !isAnswering &&
    (silence !== undefined || failed.length > 1) &&
    server?.nodes.kind !== "seen";
  return { tried, failed, silence, isDown };
}

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

/** Why it has ended, or did not start, in its own words. */
function lastWords(server: ControlObservations | undefined): Seen | undefined {
  if (server?.log.kind !== "seen") return undefined;
  const line = server.log.evidence.stdout
    .split("\n")
    .findLast((each) => /\bFTL\b|[Ff]atal|panic:|rejects the policy/.test(each));
  if (line === undefined) return undefined;
  const { node, argv } = server.log.evidence;
  return { node, command: commandLine(argv), line: line.trim() };
}

function allDown(look: Look, failed: readonly Tried[], silence: Seen | undefined): void {
  const { control: server, tailscale } = look.observations;
  const name = server?.machine.name ?? hostOf(failed[0]?.probe.url ?? "") ?? "control";
  const said = silence === undefined ? undefined : lastWords(server);
  const [first, ...others] = [
    ...(silence === undefined ? [] : [silence]),
    ...(said === undefined ? [] : [said]),
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
      ...(said !== undefined && /rejects the policy/.test(said.line)
        ? ["in the policy: correct what that line says, and give it to control again"]
        : []),
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
    const usual = others[0]?.probe.url;
    if (usual !== undefined && usual !== probe.url) {
      tellOtherServer(look, { node, probe, seen }, others);
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

/** Misspelt, or Tailscale's own, as without the flag: it asks another server than the other nodes. */
function tellOtherServer(look: Look, { node, probe, seen }: Tried, others: readonly Tried[]): void {
  const [other] = others;
  if (other === undefined) return;
  look.found({
    code: "TL302",
    node,
    what: `${node} asks ${probe.url} for its control server, and ${other.node} asks ${other.probe.url}`,
    seen: [seen, other.seen],
    why: "a node belongs to the tailnet of the server that its --login-server names; without that it asks Tailscale's own",
    fix: [
      `on ${node}: tailscale up --reset --force-reauth --login-server=${other.probe.url}, with its other flags`,
    ],
    explains: [`${node} does not join the tailnet of ${other.node}`],
  });
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
