import { expect, test } from "vitest";
import { lookAtTailnet } from "../../lab/evidence/look.ts";
import { outagesOf, ownOutages } from "../../lab/reproduce/outages.ts";
import { type Alteration, alteredSource } from "../doctor/altered-source.ts";

const observe = (...alterations: Alteration[]) => lookAtTailnet(alteredSource(alterations));

const lines =
  (pattern: RegExp, to: string): Alteration[2] =>
  ({ stdout }) => {
    const after = stdout.split("\n").map((line) => line.replace(pattern, to));
    if (after.join("\n") === stdout) throw new Error(`no line has ${pattern}`);
    return { stdout: after.join("\n") };
  };
const onBoth = (command: string, alter: Alteration[2]): Alteration[] => [
  ["laptop", command, alter],
  ["router", command, alter],
];
const relays = "tailscale debug derp-map";
const control = "url=$(tailscale debug prefs";
const noControl = lines(
  /^answer .*$/,
  "curl: (28) Failed to connect to control.lab.test port 443 after 4001 ms: Timeout was reached\nanswer 000 \nexit 28",
);
const unnamed = lines(
  /^answer .*$/,
  "curl: (28) Resolving timed out after 3000 milliseconds\nanswer 000 \nexit 28",
);
const noTcp = lines(/^(derp-fra\S*) https .*$/, "$1 https 28 curl: (28) Timeout was reached 000 0");
const expired = lines(
  /^(derp-fra\S*) https .*$/,
  "$1 https 60 curl: (60) SSL certificate problem: certificate has expired 000 0.000319",
);
const headscaleSilent: Alteration = [
  "control",
  "headscale nodes list",
  () => ({ exitCode: 1, stdout: "context deadline exceeded" }),
];

test("in a tailnet in which all is well nothing is out", async () => {
  const seen = await observe();
  expect(outagesOf(seen)).toEqual({ relays: [], resolvers: [] });
  expect(ownOutages(seen)("laptop")).toEqual({});
});

test("control is out where its own machine says so, and unreachable for one that has no answer", async () => {
  const down = await observe(...onBoth(control, noControl), headscaleSilent);
  expect(outagesOf(down).control).toMatchObject({ value: true });
  expect(ownOutages(down)("laptop")).toEqual({});
  const busy = await observe(["laptop", control, noControl], headscaleSilent);
  expect(outagesOf(busy).control).toBeUndefined();
  const one = await observe(["laptop", control, noControl]);
  expect(outagesOf(one).control).toBeUndefined();
  expect(ownOutages(one)("laptop").isWithoutControl?.from).toContain("Failed to connect");
  expect(ownOutages(one)("router")).toEqual({});
  // Its name is the resolver's to know.
  expect(ownOutages(await observe(["laptop", control, unnamed]))("laptop")).toEqual({});
});

test("a relay is out for all or for one, as its TCP and its certificate tell", async () => {
  const all = outagesOf(await observe(...onBoth(relays, noTcp)));
  expect(all.relays.map(({ value }) => value)).toEqual([{ region: "fra", how: "no-tcp" }]);
  const old = outagesOf(await observe(...onBoth(relays, expired)));
  expect(old.relays.map(({ value }) => value)).toEqual([
    { region: "fra", how: "certificate-expired" },
  ]);
  const one = await observe(["laptop", relays, noTcp]);
  expect(outagesOf(one).relays).toEqual([]);
  expect(ownOutages(one)("laptop").relaysOut?.value).toEqual([{ region: "fra", how: "no-tcp" }]);
  expect(ownOutages(one)("router")).toEqual({});
});

test("a region of two relays is out where neither is reached", async () => {
  const second: Alteration[] = [
    ...onBoth("tailscale debug netmap", ({ stdout }) => ({ stdout: withSecondRelay(stdout) })),
    ...onBoth(relays, ({ stdout }) => ({
      stdout: stdout.replace(/^(derp-fra)(\S* https .*)$/m, "$1$2\n$1-2$2"),
    })),
  ];
  const firstOut = lines(/^(derp-fra\.\S*) https .*$/, "$1 https 28 curl: (28) Timeout 000 0");
  const one = await observe(...second, ["laptop", relays, firstOut]);
  expect(outagesOf(one).relays).toEqual([]);
  expect(ownOutages(one)("laptop")).toEqual({});
  const both = await observe(...second, ["laptop", relays, noTcp]);
  expect(ownOutages(both)("laptop").relaysOut?.value).toEqual([{ region: "fra", how: "no-tcp" }]);
});

interface DerpMap {
  Regions: Record<string, { RegionCode: string; Nodes: { HostName: string }[] }>;
}

function withSecondRelay(text: string): string {
  const netmap = JSON.parse(text) as { DERPMap: DerpMap };
  for (const { RegionCode, Nodes } of Object.values(netmap.DERPMap.Regions)) {
    if (RegionCode !== "fra") continue;
    const [relay] = Nodes;
    if (relay) Nodes.push({ ...relay, HostName: relay.HostName.replace("derp-fra", "derp-fra-2") });
  }
  return JSON.stringify(netmap);
}

test("a resolver is out where no node that is told of it gets an answer", async () => {
  const silent = lines(/^(\S+) \d+ NXDOMAIN$/, "$1 status ");
  const resolvers = "{ tailscale dns status";
  const all = outagesOf(await observe(...onBoth(resolvers, silent)));
  expect(all.resolvers.map(({ value }) => value)).toEqual(["198.18.0.53"]);
  expect(outagesOf(await observe(["laptop", resolvers, silent])).resolvers).toEqual([]);
});

test("a resolver of the tailnet that asks MagicDNS again is a loop, and not one that is down", async () => {
  const address = "100.64.0.1";
  const seen = await observe(
    ...onBoth("tailscale dns status", ({ stdout }) => ({
      stdout: stdout.replaceAll("198.18.0.53", address),
    })),
    ...onBoth("{ tailscale dns status", () => ({
      stdout: `${address} status SERVFAIL\n100.100.100.100 status SERVFAIL\n`,
    })),
    [
      "router",
      "ss -Hltunp",
      ({ stdout }) => ({
        stdout: `${stdout}udp UNCONN 0 0 ${address}:53 0.0.0.0:* users:(("dnsmasq",pid=9,fd=4))\n`,
      }),
    ],
  );
  const { loop, resolvers } = outagesOf(seen);
  expect(loop?.value).toBe(address);
  expect(resolvers).toEqual([]);
});

test("what a machine's own link loses says nothing of who was asked", async () => {
  const noLarge = lines(/^(\S+ ping yes) yes.*$/, "$1 no ");
  const seen = await observe(
    ["laptop", relays, ({ ...output }) => noLarge({ ...output, ...noTcp(output) })],
    ["laptop", control, noControl],
  );
  expect(ownOutages(seen)("laptop")).toEqual({});
});
