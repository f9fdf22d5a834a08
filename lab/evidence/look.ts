import { parseMetrics } from "../observe/metrics.ts";
import { parseNetcheck } from "../observe/netcheck.ts";
import { parseHeadscaleNodes } from "../running/headscale.ts";
import { parseStatus } from "../running/status.ts";
import { attempt } from "./attempt.ts";
import { type EvidenceCommand, type EvidenceKey, evidenceCommands } from "./commands.ts";
import type { Evidence, EvidenceSource, Machine, Missing } from "./evidence.ts";
import { parseHeadscaleConfig, parseHeadscaleLog, parseUsers } from "./headscale.ts";
import { parseInterfaces, parseRoutes, parseRules } from "./ip.ts";
import { measure } from "./measure.ts";
import { parseNetmap } from "./netmap.ts";
import { parseRuleset } from "./nftables.ts";
import { observe } from "./observation.ts";
import type {
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
import { parseNstat, parseResolvConf, parseSockets, parseSysctls } from "./sockets.ts";
import { parseDnsStatus, parsePrefs, parseTailscaledProcess } from "./tailscaled.ts";

/**
 * All that a source has to show. With a question also what is tried for it, which takes some seconds more.
 * Throws EngineLost, and UsageInvalid for a question about a machine that is not there.
 */
export async function lookAtTailnet(
  source: EvidenceSource,
  { question, signal }: { question?: Question | undefined; signal?: AbortSignal | undefined } = {},
): Promise<Observations> {
  const run = (machine: Machine) => (key: EvidenceKey) => {
    const { argv, ...command }: EvidenceCommand = evidenceCommands[key];
    return source.run(machine.name, argv, { signal, isSlow: command.isSlow === true });
  };
  const { machines } = source;
  const ofRole = (role: Machine["role"]) => machines.filter((machine) => machine.role === role);
  const [tailscale, hosts, control] = await Promise.all([
    Promise.all(ofRole("tailscale").map((machine) => lookAtNode(machine, run(machine)))),
    Promise.all(ofRole("host").map((machine) => lookAtHost(machine, run(machine)))),
    Promise.all(ofRole("control").map((machine) => lookAtControl(machine, run(machine)))),
  ]);
  const seen: Observations = {
    isLive: source.isLive,
    tailscale: new Map(tailscale.map((node) => [node.machine.name, node])),
    hosts: new Map(hosts.map((host) => [host.machine.name, host])),
    control: control[0],
    attempts: undefined,
  };
  if (question === undefined) return seen;
  const attempts = await attempt(source, seen, question, signal);
  const measured = await measure(source, seen, attempts, signal);
  return { ...seen, attempts: measured === undefined ? attempts : { ...attempts, measured } };
}

type Run = (key: EvidenceKey) => Promise<Evidence | Missing>;

async function lookAtHost(machine: Machine, run: Run): Promise<HostObservations> {
  const [addresses, routes, rules, firewall, sysctls, drops, sockets, resolvConf] =
    await Promise.all([
      run("addresses"),
      run("routes"),
      run("rules"),
      run("firewall"),
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
    firewall: observe(firewall, ({ stdout }) => parseRuleset(stdout)),
    // Some names may be read by nobody, which sysctl tells by its exit code.
    sysctls: observe(sysctls, ({ stdout }) => parseSysctls(stdout), { anyExitCode: true }),
    reversePathDrops: observe(drops, ({ stdout }) => parseNstat(stdout)),
    sockets: observe(sockets, ({ stdout }) => parseSockets(stdout)),
    resolvConf: observe(resolvConf, ({ stdout }) => parseResolvConf(stdout)),
  };
}

async function lookAtNode(machine: Machine, run: Run): Promise<TailscaleObservations> {
  const [
    host,
    status,
    prefs,
    netmap,
    dns,
    metrics,
    netcheck,
    process,
    controlProbe,
    relayProbes,
    resolverProbes,
    connections,
  ] = await Promise.all([
    lookAtHost(machine, run),
    run("status"),
    run("prefs"),
    run("netmap"),
    run("dns"),
    run("metrics"),
    run("netcheck"),
    run("process"),
    run("controlProbe"),
    run("relayProbes"),
    run("resolverProbes"),
    run("connections"),
  ]);
  return {
    ...host,
    status: observe(status, ({ stdout }) => parseStatus(stdout)),
    prefs: observe(prefs, ({ stdout }) => parsePrefs(stdout)),
    netmap: observe(netmap, ({ stdout }) => parseNetmap(stdout)),
    dns: observe(dns, ({ stdout }) => parseDnsStatus(stdout)),
    metrics: observe(metrics, ({ stdout }) => parseMetrics(stdout)),
    netcheck: observe(netcheck, ({ stdout }) => parseNetcheck(stdout, derpMapIn(netmap))),
    process: observe(process, ({ stdout }) => parseTailscaledProcess(stdout), {
      anyExitCode: true,
    }),
    controlProbe: observe(controlProbe, ({ stdout }) => parseControlProbe(stdout)),
    relayProbes: observe(relayProbes, ({ stdout }) => parseRelayProbes(stdout)),
    resolverProbes: observe(resolverProbes, ({ stdout }) => parseResolverProbes(stdout)),
    connections: observe(connections, ({ stdout }) => parseConnections(stdout)),
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
