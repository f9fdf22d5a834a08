import { expect, test } from "vitest";
import { folderSource } from "../../lab/evidence/folder.ts";
import { lookAtTailnet } from "../../lab/evidence/look.ts";
import { readFacts } from "../../lab/reproduce/read-facts.ts";
import { reproduce } from "../../lab/reproduce/reproduce.ts";
import { folderWith } from "../evidence/folder-with.ts";

const key = (digit: string) => `nodekey:${digit.repeat(64)}`;
const machine = (name: string, address: string, digit: string) => ({
  Online: false,
  PublicKey: key(digit),
  HostName: name,
  DNSName: `${name}.tailnet.lab.`,
  TailscaleIPs: [address],
  UserID: 1,
});
const laptop = machine("laptop", "100.64.0.1", "1");
const workstation = machine("workstation", "100.64.0.2", "2");
const status = (self: object, ...peers: ReturnType<typeof machine>[]) =>
  JSON.stringify({
    BackendState: "Running",
    TUN: true,
    Self: self,
    Peer: Object.fromEntries(peers.map((peer) => [peer.PublicKey, peer])),
    User: { 1: { LoginName: "alice@example.com" } },
  });

async function reproductionOf(files: Record<string, string>) {
  const seen = await lookAtTailnet(await folderSource(folderWith(files)));
  return reproduce(readFacts(seen), { lab: "again", policyFile: "policy.hujson" });
}

test("a machine with another's node key is a copy of that one, and not that one", async () => {
  const { declaration, notes } = await reproductionOf({
    "workstation/status.json": status(laptop, workstation),
    "laptop/status.json": status(laptop, workstation),
  });
  expect(Object.keys(declaration.nodes)).toEqual(["laptop", "workstation"]);
  expect(declaration.faults).toEqual([{ kind: "cloned-state", node: "workstation", of: "laptop" }]);
  expect([...notes.values()].flat().join("\n")).toContain("workstation has the node key of laptop");
});

test("machines with keys of their own, and two that are logged out, are no copies", async () => {
  const own = await reproductionOf({
    "workstation/status.json": status(workstation, laptop),
    "laptop/status.json": status(laptop, workstation),
  });
  expect(own.declaration.faults).toBeUndefined();
  const loggedOut = (name: string) =>
    JSON.stringify({
      BackendState: "NeedsLogin",
      TUN: true,
      Self: { Online: false, PublicKey: key("0"), HostName: name, DNSName: "", TailscaleIPs: null },
    });
  const both = await reproductionOf({
    "laptop/status.json": loggedOut("laptop"),
    "workstation/status.json": loggedOut("workstation"),
  });
  expect(both.declaration.faults?.map(({ kind }) => kind)).toEqual(["logged-out", "logged-out"]);
});

test("a LAN within the tailnet's range is a fault of the machine in it", async () => {
  const addresses = (prefix: string, length: number) =>
    JSON.stringify([
      {
        ifname: "eth0",
        flags: ["UP", "LOWER_UP"],
        mtu: 1500,
        operstate: "UP",
        addr_info: [{ family: "inet", local: prefix, prefixlen: length, scope: "global" }],
      },
    ]);
  const faultsWith = async (address: string, length: number) => {
    const { declaration } = await reproductionOf({
      "laptop/status.json": status(laptop),
      "laptop/addresses.json": addresses(address, length),
    });
    return declaration.faults;
  };
  const fault = (prefix: string) => [{ kind: "cgnat-collision", node: "laptop", prefix }];
  expect(await faultsWith("100.72.3.4", 24)).toEqual(fault("100.72.3.0/24"));
  expect(await faultsWith("100.72.3.4", 32)).toEqual(fault("100.72.3.0/29"));
  expect(await faultsWith("192.168.1.4", 24)).toBeUndefined();
});

test("machines that did not run are stopped, one that stood still is paused", async () => {
  const missing = (why: string) => ({
    "status.json": { why, isDown: true },
    "addresses.json": { why, isDown: true },
  });
  const machineOf = (name: string, role: string, rest: object) => ({
    name,
    role,
    folder: name,
    outputs: {},
    missing: {},
    ...rest,
  });
  const text = status(laptop, workstation, machine("server", "100.64.0.3", "3"));
  const { declaration } = await reproductionOf({
    "manifest.json": JSON.stringify({
      schema: 1,
      program: "tailnet-lab",
      version: "0.1.0",
      at: "2026-01-01T00:00:00.000Z",
      anonymised: false,
      machines: [
        machineOf("laptop", "tailscale", {
          outputs: {
            "status.json": { exitCode: 0, bytes: text.length, at: "2026-01-01T00:00:00.000Z" },
          },
        }),
        machineOf("workstation", "tailscale", {
          missing: missing("its container has exited"),
        }),
        machineOf("server", "tailscale", { missing: missing("its container is paused") }),
      ],
    }),
    "laptop/status.json": text,
  });
  expect(Object.keys(declaration.nodes)).toEqual(["laptop", "server", "workstation"]);
  expect(declaration.faults).toEqual([
    { kind: "pause", node: "server" },
    { kind: "stop", node: "workstation" },
  ]);
});
