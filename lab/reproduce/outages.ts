import { silenceOf } from "../evidence/control-silence.ts";
import type { Observations } from "../evidence/observations.ts";
import { isNameMissing, isUntrusted } from "../evidence/probes.ts";
import { type Reader, readerOf, type SeenLine } from "../evidence/reader.ts";
import { type RelayView, relayViews } from "../evidence/relay-views.ts";
import { forwarderToMagicDns, isSilent, resolverViews } from "../evidence/resolver-views.ts";
import { usesExitNode } from "../evidence/where.ts";
import type { NodeFacts, Outages, RelayOutage, Seen } from "./facts.ts";
import { failsByItself } from "./own-faults.ts";

/** What answers nobody. */
export function outagesOf(observations: Observations): Outages {
  const reader = readerOf(observations);
  const control = controlOutage(reader);
  const silent = resolverOutages(reader);
  const isLoop = ({ value, isForAll }: (typeof silent)[number]) =>
    isForAll && forwarderToMagicDns(observations, value) !== undefined;
  const loop = silent.find(isLoop);
  return {
    ...(control === undefined ? {} : { control }),
    ...(loop === undefined ? {} : { loop: { value: loop.value, from: loop.from } }),
    resolvers: silent.filter((each) => !isLoop(each)).map(({ value, from }) => ({ value, from })),
    relays: [...relaysByRegion(reader)].flatMap(([, views]) => {
      const outages = views.flatMap((view) => outageOf(view, views) ?? []);
      const [first] = outages;
      return first === undefined || outages.length < views.length ? [] : [first];
    }),
  };
}

/** What does not answer one machine, and answers others. */
export function ownOutages(
  observations: Observations,
  machine: string,
): Pick<NodeFacts, "isWithoutControl" | "relaysOut"> {
  const reader = readerOf(observations);
  const isWithoutControl = controlOutage(reader) === undefined && withoutControl(reader, machine);
  const outages = [...relaysByRegion(reader)].flatMap(([, views]) => {
    if (views.every(({ isReached }) => !isReached)) return [];
    const own = views.filter(({ node }) => node === machine);
    return own.flatMap((view) => outageOf(view, own) ?? []);
  });
  const [first] = outages;
  return {
    ...(isWithoutControl ? { isWithoutControl } : {}),
    ...(first === undefined
      ? {}
      : { relaysOut: { value: outages.map(({ value }) => value), from: first.from } }),
  };
}

/** Headscale says so on its own machine, or several nodes have no answer, whose own networks are well. */
function controlOutage(reader: Reader): Seen<true> | undefined {
  const { control, tailscale } = reader.observations;
  const silence = silenceOf(control);
  if (silence !== undefined) return { value: true, from: lineFrom(silence) };
  if (control?.nodes.kind === "seen") return undefined;
  const tried = [...tailscale.keys()].filter((name) => {
    const node = tailscale.get(name);
    return node !== undefined && reader.read(node.controlProbe) !== undefined;
  });
  const without = tried.flatMap((name) => withoutControl(reader, name) ?? []);
  return without.length > 1 && without.length === tried.length ? without[0] : undefined;
}

function withoutControl(reader: Reader, name: string): Seen<true> | undefined {
  const node = reader.observations.tailscale.get(name);
  const probe = reader.read(node?.controlProbe);
  if (node === undefined || probe === undefined || probe.status !== undefined) return undefined;
  // Who shows a certificate answers.
  if (isNameMissing(probe) || isUntrusted(probe)) return undefined;
  if (failsByItself(node) || usesExitNode(node)) return undefined;
  return { value: true, from: `${probe.error || "no answer"} of ${probe.url} on ${name}` };
}

function resolverOutages(reader: Reader): (Seen<string> & { isForAll: boolean })[] {
  const views = resolverViews(reader).filter(
    ({ node, hasRoute }) => hasRoute && !usesExitNode(node) && !failsByItself(node),
  );
  return [...Map.groupBy(views, ({ server }) => server)].flatMap(([server, same]) => {
    const [first] = same;
    if (first === undefined || !same.every(isSilent)) return [];
    const isForAll = first.domain === undefined;
    return { value: server, from: lineFrom(first.seen), isForAll };
  });
}

function relaysByRegion(reader: Reader): Map<string, RelayView[]> {
  const { tailscale } = reader.observations;
  const views = relayViews(reader).filter(({ node }) => {
    const machine = tailscale.get(node);
    return machine !== undefined && !failsByItself(machine);
  });
  return Map.groupBy(views, ({ relay }) => relay.code);
}

/** Of a relay that a node does not reach; `all` are those who ask. */
function outageOf(view: RelayView, all: readonly RelayView[]): Seen<RelayOutage> | undefined {
  const { relay, isReached, certificate, seen } = view;
  if (isReached) return undefined;
  const how =
    certificate !== undefined
      ? /not yet valid/.test(certificate)
        ? "certificate-not-yet-valid"
        : "certificate-expired"
      : all.some(({ stun }) => stun === true)
        ? "no-tcp"
        : "silent";
  return { value: { region: relay.code, how }, from: lineFrom(seen) };
}

function lineFrom({ node, command, line }: SeenLine): string {
  return `${command} on ${node}: ${line}`;
}
