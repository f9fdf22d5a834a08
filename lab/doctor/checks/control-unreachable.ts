import type { Observations } from "../../evidence/observations.ts";
import { isNameMissing, isUntrusted } from "../../evidence/probes.ts";
import { exitNodeNames } from "../../evidence/where.ts";
import { type Check, type Look, outOfTailnet } from "../check.ts";
import type { Finding } from "../finding.ts";
import { forwardedNames } from "../names.ts";
import { hostOf, isByExitNode, judge, ownCauses, type Tried, tries } from "./control-trials.ts";

/** TL302: the same trial from each node tells it from TL301. */
export const controlUnreachable: Check = {
  finds: ["TL302"],
  step: "control",
  explainedBy: ownCauses,
  run(look) {
    const { tried, failed, isDown } = judge(look);
    if (!isDown) eachUnreachable(look, failed, tried);
  },
};

/** TL302 of programs alone: what the exit node does not hand on. */
export const controlByExitNode: Check = {
  finds: ["TL302"],
  step: "control",
  explainedBy: [
    ...outOfTailnet,
    ...ownCauses,
    "TL106",
    "TL107",
    "TL114",
    "TL115",
    "TL128",
    "TL301",
  ],
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
          `on ${node}: tailscale set --exit-node=`,
          ...exits.map((name) => `on ${name}: curl -v -m 10 ${probe.url}/key?v=142`),
        ],
        explains: [`programs of ${node} do not reach the internet either; its tailscaled does`],
      });
    }
  },
};

function eachUnreachable(look: Look, failed: readonly Tried[], all: readonly Tried[]): void {
  for (const { node, probe, seen } of failed) {
    if (isUntrusted(probe)) {
      const trusting = all.filter(
        (other) => other.probe.status !== undefined && isOneServer(other.probe.url, probe.url),
      );
      look.found(untrusted({ node, probe, seen }, trusting));
      continue;
    }
    const others = all.filter(isAnswered);
    if (others.length > 0 && !others.some((other) => isOneServer(other.probe.url, probe.url))) {
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
            `on ${node}'s network: let TCP ${portOf(probe.url)} to ${hostOf(probe.url)} pass`,
            `on ${node}: curl -v -m 10 ${probe.url}/key?v=142`,
            ...others
              .slice(0, 1)
              .map(
                (other) => `on ${node}, and on ${other.node}: getent hosts ${hostOf(probe.url)}`,
              ),
          ],
      explains: [`${node} hears of no change, and appears offline after a while`],
    });
  }
}

/** Who shows a certificate answers. */
function isAnswered({ probe }: Tried): boolean {
  return probe.status !== undefined || isUntrusted(probe);
}

/** By host and port: a slash at the end makes no other server. */
function isOneServer(a: string, b: string): boolean {
  if (!URL.canParse(a) || !URL.canParse(b)) return a === b;
  return new URL(a).origin === new URL(b).origin;
}

function portOf(url: string): string {
  if (!URL.canParse(url)) return "443";
  const { port, protocol } = new URL(url);
  return port || (protocol === "http:" ? "80" : "443");
}

function untrusted({ node, probe, seen }: Tried, trusting: readonly Tried[]): Finding {
  const host = hostOf(probe.url) ?? probe.url;
  const port = portOf(probe.url);
  return {
    code: "TL302",
    node,
    what: `${node} does not trust the certificate of the control server ${probe.url}`,
    seen: [seen, ...trusting.slice(0, 1).map((other) => other.seen)],
    why:
      trusting.length > 0
        ? `other nodes trust the same certificate: ${node}'s clock is wrong, it lacks the authority, or something on its network answers in control's place`
        : `the certificate has expired, is of another name or of an authority that ${node} does not know; or ${node}'s clock is wrong`,
    fix: [
      `on ${node}, where \`date\` is wrong: timedatectl set-ntp true`,
      `on ${node}: openssl s_client -connect ${host}:${port} -servername ${host} </dev/null | openssl x509 -noout -dates -issuer`,
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
    fix: [`on ${node}: tailscale up --reset --force-reauth --login-server=${other.probe.url}`],
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
