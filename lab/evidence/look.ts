import { setTimeout as pause } from "node:timers/promises";
import { parseMetrics } from "../observe/metrics.ts";
import { parseNetcheck } from "../observe/netcheck.ts";
import { parseHeadscaleNodes } from "../running/headscale.ts";
import { parseStatus } from "../running/status.ts";
import { attempt, type Tried } from "./attempt.ts";
import { type EvidenceCommand, type EvidenceKey, evidenceCommands } from "./commands.ts";
import type { Evidence, EvidenceSource, Machine, Missing } from "./evidence.ts";
import { parseHeadscaleConfig, parseHeadscaleLog, parseUsers } from "./headscale.ts";
import { parseInterfaces, parseRoutes, parseRules } from "./ip.ts";
import { listen } from "./listen.ts";
import { byMachineNames } from "./machine-names.ts";
import { measure } from "./measure.ts";
import { parseNetmap } from "./netmap.ts";
import { observe, type Unseen } from "./observation.ts";
import type {
  Attempts,
  ControlObservations,
  HostObservations,
  Observations,
  TailscaleObservations,
} from "./observations.ts";
import {
  parseConnections,
  parseControlProbe,
  parseRelayProbes,
  parseResolverProbes,
} from "./probes.ts";
import type { Question } from "./question.ts";
import { parseServe } from "./serve.ts";
import { parseNstat, parseResolvConf, parseSockets, parseSysctls } from "./sockets.ts";
import { parseDnsStatus, parsePrefs, parseTailscaledProcess } from "./tailscaled.ts";
import { waysIntoTunnel } from "./where.ts";
import { wholeFirewall } from "./whole-firewall.ts";

/**
 * All that a source has to show. With a question also what is tried for it, which takes some seconds more.
 * Throws EngineLost, and UsageInvalid for a question about a machine that is not there.
 */
export async function lookAtTailnet(
  source: EvidenceSource,
  { question, signal }: { question?: Question | undefined; signal?: AbortSignal | undefined } = {},
): Promise<Observations> {
  const run = (machine: Machine) => (key: EvidenceKey) => {
    const { argv, isSlow, timeoutMs }: EvidenceCommand = evidenceCommands[key];
    return source.run(machine.name, argv, {
      signal,
      isSlow: isSlow === true,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  };
  const { machines, isLive } = source;
  const look = (some: readonly Machine[]) => lookAtMachines(some, run, { isLive });
  // Between two nodes of the tailnet no other has a part in what is tried. The others are looked at later, and not for
  // how they reach control, relays and resolvers.
  const asked = machines.filter(({ name }) => name === question?.from || name === question?.to);
  const isBetween = asked.length === 2 && asked.every(({ role }) => role === "tailscale");
  const first = await look(isBetween ? asked : machines);
  const others = machines.filter((machine) => !asked.includes(machine));
  const trying = question && attempt(source, seenOf([first]), question, signal);
  const looking = isBetween
    ? lookAfter(trying, () => lookAtMachines(others, run, { isQuick: true, isLive }))
    : Promise.resolve(none);
  // Who fails meanwhile is told by what is awaited first.
  looking.catch(() => {});
  const tried = await trying;
  const [attempts, then] = await Promise.all([tried && measured(tried), looking]);
  const seen = seenOf([first, then]);
  const nodes = [...first.nodes, ...then.nodes];
  const slow = new Map(
    await Promise.all(
      nodes.map(async ({ node, slow }) => [node.machine.name, await slow] as const),
    ),
  );
  // In the source's order, whoever was looked at first.
  const tailscale = machines.flatMap(({ name }) => {
    const node = seen.tailscale.get(name);
    return node === undefined ? [] : [[name, { ...node, ...slow.get(name) }] as const];
  });
  return { ...seen, tailscale: new Map(tailscale), attempts };

  function seenOf(looks: readonly Looks[]): Observations {
    const nodes = looks.flatMap((each) => each.nodes.map(({ node }) => node));
    const hosts = looks.flatMap((each) => each.hosts);
    return byMachineNames({
      isLive,
      tailscale: new Map(nodes.map((node) => [node.machine.name, node])),
      hosts: new Map(hosts.map((host) => [host.machine.name, host])),
      control: looks.flatMap((each) => each.control)[0],
      attempts: undefined,
    });
  }

  async function measured(tried: Tried): Promise<Attempts> {
    const [quality, listened] = await Promise.all([
      measure(source, seenOf([first]), tried, signal),
      listen(source, seenOf([first]), tried, signal),
    ]);
    const disco = await tried.disco;
    return {
      ...tried.attempts,
      ...(disco === undefined ? {} : { disco }),
      ...(quality === undefined ? {} : { measured: quality }),
      ...(listened === undefined ? {} : { listened }),
    };
  }
}

/** Looks at who has no part in an attempt when that is over, or has not been answered for a while and waits. */
async function lookAfter(trying: Promise<unknown> | undefined, look: () => Promise<Looks>) {
  await Promise.race([trying, pause(answeredMs)]);
  return look();
}

/** In which an attempt that is answered is over; in ms. */
const answeredMs = 600;

type Run = (key: EvidenceKey) => Promise<Evidence | Missing>;

/** What some of the machines show. */
interface Looks {
  nodes: NodeLook[];
  hosts: HostObservations[];
  control: ControlObservations[];
}
interface LookOptions {
  /** Without what waits for the network. */
  isQuick?: boolean;
  /** Whether a command may print something else when it is run again. */
  isLive?: boolean;
}
const none: Looks = { nodes: [], hosts: [], control: [] };

async function lookAtMachines(
  machines: readonly Machine[],
  run: (machine: Machine) => Run,
  options: LookOptions = {},
): Promise<Looks> {
  const ofRole = (role: Machine["role"]) => machines.filter((machine) => machine.role === role);
  const [nodes, hosts, control] = await Promise.all([
    Promise.all(ofRole("tailscale").map((machine) => lookAtNode(machine, run(machine), options))),
    Promise.all(ofRole("host").map((machine) => lookAtHost(machine, run(machine)))),
    Promise.all(ofRole("control").map((machine) => lookAtControl(machine, run(machine)))),
  ]);
  return { nodes, hosts, control };
}

async function lookAtHost(machine: Machine, run: Run): Promise<HostObservations> {
  const [addresses, routes, rules, nft, iptables, sysctls, drops, sockets, resolvConf] =
    await Promise.all([
      run("addresses"),
      run("routes"),
      run("rules"),
      run("firewall"),
      run("iptables"),
      run("sysctls"),
      run("drops"),
      run("sockets"),
      run("resolvConf"),
    ]);
  return {
    machine,
    addresses: observe(addresses, ({ stdout }) => parseInterfaces(stdout)),
    routes: observe(routes, ({ stdout }) => parseRoutes(stdout)),
    rules: observe(rules, ({ stdout }) => parseRules(stdout)),
    firewall: wholeFirewall(nft, iptables),
    // Some names may be read by nobody, which sysctl tells by its exit code.
    sysctls: observe(sysctls, ({ stdout }) => parseSysctls(stdout), { anyExitCode: true }),
    reversePathDrops: observe(drops, ({ stdout }) => parseNstat(stdout)),
    sockets: observe(sockets, ({ stdout }) => parseSockets(stdout)),
    resolvConf: observe(resolvConf, ({ stdout }) => parseResolvConf(stdout)),
  };
}

/** What takes a while, as it waits for the network; nothing that is tried for a question needs it. */
type Slow = Pick<
  TailscaleObservations,
  "netcheck" | "controlProbe" | "relayProbes" | "resolverProbes"
>;

interface NodeLook {
  node: TailscaleObservations;
  slow: Promise<Slow>;
}

/** Its slow observations are under way when it resolves, and unseen in `node`. */
async function lookAtNode(
  machine: Machine,
  run: Run,
  { isQuick = false, isLive = false }: LookOptions,
): Promise<NodeLook> {
  const unseen = (key: EvidenceKey, why: string): Unseen => ({
    kind: "unseen",
    node: machine.name,
    argv: evidenceCommands[key].argv,
    why,
    isUnasked: isQuick,
  });
  const allUnseen = (why: string): Slow => ({
    netcheck: unseen("netcheck", why),
    controlProbe: unseen("controlProbe", why),
    relayProbes: unseen("relayProbes", why),
    resolverProbes: unseen("resolverProbes", why),
  });
  const netmapRun = run("netmap");
  const slow = isQuick
    ? Promise.resolve(allUnseen("the question is about others"))
    : lookSlowly(netmapRun, run);
  // Who fails meanwhile is told by what is awaited first.
  slow.catch(() => {});
  const [host, status, prefs, netmap, dns, serve, metrics, process, connections] =
    await Promise.all([
      lookAtHost(machine, run),
      run("status"),
      run("prefs"),
      netmapRun,
      run("dns"),
      run("serve"),
      run("metrics"),
      run("process"),
      run("connections"),
    ]);
  const node: TailscaleObservations = {
    ...host,
    ...allUnseen("it is under way"),
    status: observe(status, ({ stdout }) => parseStatus(stdout)),
    prefs: observe(prefs, ({ stdout }) => parsePrefs(stdout)),
    netmap: observe(netmap, ({ stdout }) => parseNetmap(stdout)),
    dns: observe(dns, ({ stdout }) => parseDnsStatus(stdout)),
    serve: observe(serve, ({ stdout }) => parseServe(stdout)),
    metrics: observe(metrics, ({ stdout }) => parseMetrics(stdout)),
    process: observe(process, ({ stdout }) => parseTailscaledProcess(stdout), {
      anyExitCode: true,
    }),
    connections: observe(connections, ({ stdout }) => parseConnections(stdout)),
  };
  // tailscaled knows its peers a moment before the kernel has its routes.
  const ways = waysIntoTunnel(node);
  if (!isLive || ways === undefined || (ways.hasRoute && ways.hasRule)) return { node, slow };
  await pause(settlesMs);
  const [again, then] = await Promise.all([lookAtHost(machine, run), run("status")]);
  const known = observe(then, ({ stdout }) => parseStatus(stdout));
  return { node: { ...node, ...again, status: known }, slow };
}

/** Until tailscaled has set its routes; in ms. */
const settlesMs = 1000;

async function lookSlowly(netmapRun: Promise<Evidence | Missing>, run: Run): Promise<Slow> {
  const [netmap, netcheck, controlProbe, relayProbes, resolverProbes] = await Promise.all([
    netmapRun,
    run("netcheck"),
    run("controlProbe"),
    run("relayProbes"),
    run("resolverProbes"),
  ]);
  return {
    netcheck: observe(netcheck, ({ stdout }) => parseNetcheck(stdout, derpMapIn(netmap))),
    controlProbe: observe(controlProbe, ({ stdout }) => parseControlProbe(stdout)),
    relayProbes: observe(relayProbes, ({ stdout }) => parseRelayProbes(stdout)),
    resolverProbes: observe(resolverProbes, ({ stdout }) => parseResolverProbes(stdout)),
  };
}

/** As `tailscale debug derp-map` prints it: the netmap has it too. */
function derpMapIn(netmap: Evidence | Missing): string {
  const none = JSON.stringify({ Regions: {} });
  if (!("stdout" in netmap)) return none;
  try {
    return JSON.stringify(JSON.parse(netmap.stdout).DERPMap ?? { Regions: {} });
  } catch {
    return none;
  }
}

async function lookAtControl(machine: Machine, run: Run): Promise<ControlObservations> {
  const [host, nodes, users, policy, config, log] = await Promise.all([
    lookAtHost(machine, run),
    run("nodes"),
    run("users"),
    run("policy"),
    run("config"),
    run("log"),
  ]);
  return {
    ...host,
    nodes: observe(nodes, ({ stdout }) => parseHeadscaleNodes(stdout)),
    users: observe(users, ({ stdout }) => parseUsers(stdout)),
    policy: observe(withoutPolicy(policy), ({ stdout }) => stdout),
    config: observe(config, ({ stdout }) => parseHeadscaleConfig(stdout)),
    log: observe(log, ({ stdout }) => parseHeadscaleLog(stdout)),
  };
}

/** Headscale calls it an error that none was ever set: then everyone may reach everything. */
function withoutPolicy(policy: Evidence | Missing): Evidence | Missing {
  if (!("stderr" in policy) || !/policy not found/.test(policy.stderr)) return policy;
  return { ...policy, exitCode: 0, stdout: "" };
}
