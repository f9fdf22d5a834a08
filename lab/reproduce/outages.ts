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
    relays: viewsByRegion(reader).flatMap((views) => outageOf(views) ?? []),
  };
}

/** What does not answer a machine, by its name, and answers others. */
export function ownOutages(
  observations: Observations,
): (machine: string) => Pick<NodeFacts, "isWithoutControl" | "relaysOut"> {
  const reader = readerOf(observations);
  const isControlOut = controlOutage(reader) !== undefined;
  const regions = viewsByRegion(reader).filter((views) => views.some(({ isReached }) => isReached));
  return (machine) => {
    const isWithoutControl = isControlOut ? undefined : withoutControl(reader, machine);
    const outages = regions.flatMap(
      (views) => outageOf(views.filter(({ node }) => node === machine)) ?? [],
    );
    const [first] = outages;
    return {
      ...(isWithoutControl === undefined ? {} : { isWithoutControl }),
      ...(first === undefined
        ? {}
        : { relaysOut: { value: outages.map(({ value }) => value), from: first.from } }),
    };
  };
}

/** No node has an answer, and Headscale says so on its own machine, or several nodes whose own networks are well. */
function controlOutage(reader: Reader): Seen<true> | undefined {
  const { control, tailscale } = reader.observations;
  const probes = [...tailscale.values()].map(({ controlProbe }) => reader.read(controlProbe));
  // Who shows a certificate answers.
  if (probes.some((probe) => probe && (probe.status !== undefined || isUntrusted(probe)))) {
    return undefined;
  }
  const silence = silenceOf(control);
  if (silence !== undefined) return { value: true, from: lineFrom(silence) };
  if (control?.nodes.kind === "seen") return undefined;
  const without = [...tailscale.keys()].flatMap((name) => withoutControl(reader, name) ?? []);
  return without.length > 1 ? without[0] : undefined;
}

function withoutControl(reader: Reader, name: string): Seen<true> | undefined {
  const node = reader.observations.tailscale.get(name);
  const probe = reader.read(node?.controlProbe);
  if (node === undefined || probe === undefined || probe.status !== undefined) return undefined;
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
    const isForAll = same.some(({ domain }) => domain === undefined);
    return { value: server, from: lineFrom(first.seen), isForAll };
  });
}

/** What nodes that can tell see of each region, of which a node needs one relay. */
function viewsByRegion(reader: Reader): RelayView[][] {
  const { tailscale } = reader.observations;
  const views = relayViews(reader).filter(({ node }) => {
    const machine = tailscale.get(node);
    return machine !== undefined && !failsByItself(machine);
  });
  return [...Map.groupBy(views, ({ relay }) => relay.code).values()];
}

/** Of a region that is reached in none of some views of it. */
function outageOf(views: readonly RelayView[]): Seen<RelayOutage> | undefined {
  const [first] = views;
  if (first === undefined || views.some(({ isReached }) => isReached)) return undefined;
  return { value: { region: first.relay.code, how: howOf(views) }, from: lineFrom(first.seen) };
}

function howOf(views: readonly RelayView[]): RelayOutage["how"] {
  const refused = views.flatMap(({ certificate }) => certificate ?? []);
  if (refused.length === views.length) {
    const isEarly = refused.some((words) => /not yet valid/.test(words));
    return isEarly ? "certificate-not-yet-valid" : "certificate-expired";
  }
  return views.some(({ stun }) => stun === true) ? "no-tcp" : "silent";
}

function lineFrom({ node, command, line }: SeenLine): string {
  return `${command} on ${node}: ${line}`;
}
