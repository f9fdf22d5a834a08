import { createHash } from "node:crypto";
import { applyEdits, modify } from "jsonc-parser";
import { stringify } from "yaml";
import { internet, type Topology } from "../topology/schema.ts";
import { publicV6, serverAddress } from "./addresses.ts";
import { dockerName } from "./docker-name.ts";
import { derpMap, headscaleConfig, serverName } from "./headscale-config.ts";
import { membersOf, relayMember } from "./members.ts";
import type { LabNetwork } from "./network.ts";
import { type Labels, label, type PlannedContainer, type PlannedFile } from "./plan.ts";
import { program } from "./programs.ts";
import { shared } from "./volumes.ts";

/** What the settings are made from, beside the topology and its network. */
export interface SettingsParts {
  lab: string;
  labels: Labels;
  secret: string;
  /** HuJSON, and the users that it mentions; absent: everyone may reach everything. */
  policy: { text: string; users: string[] } | undefined;
}

/** The name of the container that publishes the settings. */
export const settingsName = "settings";

/**
 * All that may change while a lab runs: users, keys, policy, relays, DNS, and who is on which segment. A
 * small container writes it on volumes and ends. So a change of it replaces that container and no other, by
 * whatever tool, and the machines follow the volumes.
 */
export function settingsContainer(
  topology: Topology,
  network: LabNetwork,
  parts: SettingsParts,
): PlannedContainer {
  const { lab, labels } = parts;
  const files = [...controlFiles(topology, network, parts), ...networkFiles(topology, network)];
  const version = createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 12);
  return {
    name: settingsName,
    dockerName: dockerName(lab, settingsName),
    image: { program: "base" },
    interfaces: [],
    files,
    command: ["/bin/bash", "-c", program("settings.sh"), "settings", version],
    oneShot: true,
    environment: {},
    capabilities: [],
    securityOptions: ["no-new-privileges"],
    devices: [],
    sysctls: {},
    cpuShares: 1024,
    mounts: [shared(lab, "settings", false), shared(lab, "network", false)],
    labels: { ...labels, [label.kind]: settingsName, [label.settings]: version },
  };
}

/** For control alone. Lists are lines of words, as shells read them. */
function controlFiles(
  topology: Topology,
  network: LabNetwork,
  { secret, policy }: SettingsParts,
): PlannedFile[] {
  const members = membersOf(topology, secret);
  const relays = Object.keys(topology.relays)
    .sort()
    .map((code) => relayMember(code, secret));
  const users = new Set([...members.flatMap(({ user }) => user ?? []), ...(policy?.users ?? [])]);
  const resolve = (server: string) =>
    server === internet ? serverAddress.dns : (network.addressOf(server) ?? server);
  return [
    file("control/config.yaml", stringify(headscaleConfig(topology, resolve))),
    file("control/derp.yaml", stringify(derpMap(topology, network.relays))),
    file("control/dns-records.json", JSON.stringify(topology.tailnet.dns.extraRecords, null, 2)),
    file("control/users", lines([...users].sort())),
    file(
      "control/members",
      lines(
        members.map(({ name, delivery, user, tags }) =>
          [name, delivery.name, delivery.token, user ?? "-", tags.join(",") || "-"].join(" "),
        ),
      ),
    ),
    file(
      "control/relays",
      lines(
        relays.map(({ code, host, delivery }) =>
          [code, host, delivery.name, delivery.token].join(" "),
        ),
      ),
    ),
    ...(policy === undefined
      ? []
      : [
          file("control/policy.hujson", policy.text),
          file("control/policy-without-tests.hujson", withoutTests(policy.text)),
        ]),
  ];
}

/** For every machine. */
function networkFiles(topology: Topology, network: LabNetwork): PlannedFile[] {
  return [
    file("network/hosts", lines(internetHosts(topology, network))),
    ...[...network.segments].map(([name, { members }]) =>
      file(
        `network/neighbours-${name}`,
        lines(
          members.flatMap(({ addresses, hardwareAddress }) =>
            addresses.map((address) => `${address} ${hardwareAddress}`),
          ),
        ),
      ),
    ),
  ];
}

/** The simulated internet's names, as a hosts file (hosts(5)). */
function internetHosts(topology: Topology, network: LabNetwork): string[] {
  const records = new Map([[serverName.control, serverAddress.control]]);
  for (const [code, { address }] of network.relays) records.set(serverName.relay(code), address);
  for (const [name, node] of Object.entries(topology.nodes)) {
    if (node.kind !== "host") continue;
    for (const alias of node.publicNames) records.set(alias, network.addressOf(name) ?? "");
  }
  return [...records]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, address]) => [`${address} ${name}`, `${publicV6(address)} ${name}`]);
}

/** Headscale runs a policy's tests when it takes it over, and some are about nodes that have yet to join. */
function withoutTests(policy: string): string {
  return ["tests", "sshTests"].reduce(
    (text, key) => applyEdits(text, modify(text, [key], undefined, {})),
    policy,
  );
}

function file(name: string, content: string): PlannedFile {
  return { path: `/settings/${name}`, content };
}

function lines(all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}
