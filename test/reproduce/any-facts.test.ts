import fc from "fast-check";
import { test } from "vitest";
import type {
  HostFacts,
  NodeFacts,
  Outages,
  RelayOutage,
  TailnetFacts,
} from "../../lab/reproduce/facts.ts";
import { reproduce } from "../../lab/reproduce/reproduce.ts";

const some = <Value>(...values: Value[]) => fc.constantFrom(...values);
const seen = <Value>(value: fc.Arbitrary<Value>) =>
  value.map((each) => ({ value: each, from: "a command on a machine" }));
type Arbitraries<Facts> = { [Key in keyof Facts]?: fc.Arbitrary<unknown> };
/** `maybe`: of each the value that was seen, or nothing. */
const record = <Facts extends object>(always: Arbitraries<Facts>, maybe: Arbitraries<Facts>) => {
  const found = Object.entries(maybe) as [string, fc.Arbitrary<unknown>][];
  const model = {
    ...(always as Record<string, fc.Arbitrary<unknown>>),
    ...Object.fromEntries(found.map(([key, value]) => [key, seen(value)])),
  };
  return fc.record(model, { requiredKeys: Object.keys(always) }) as unknown as fc.Arbitrary<Facts>;
};
const few = <Value>(value: fc.Arbitrary<Value>) => fc.array(value, { maxLength: 3 });

const address = some(
  ...["31.10.5.9", "192.168.1.1", "192.168.1.20", "10.0.0.5", "172.16.0.9", "100.72.0.3"],
  ...["198.18.0.5", "169.254.3.3"],
);
const lan = fc.record({ address, length: some(16, 24, 29, 31, 32) });
const listening = (protocol: fc.Arbitrary<string>) =>
  few(fc.record({ protocol, port: some(22, 53, 80, 41_641) }));
const routes = few(
  some("0.0.0.0/0", "::/0", "10.20.0.0/24", "10.20.0.5/24", "100.64.5.0/24", "fd00::/64"),
);
const outage: fc.Arbitrary<RelayOutage> = fc.record({
  region: some("fra", "nyc", "FRA 2", "elsewhere"),
  how: some("silent", "no-tcp", "certificate-expired", "certificate-not-yet-valid"),
});
const yes = fc.constant(true);
const down = some("stop", "pause");

const node = record<NodeFacts>(
  {
    name: some("laptop", "phone", "control", "derp-x", "Kate's", "a.b"),
    isCaptured: fc.boolean(),
    tailnetAddresses: few(some("100.64.0.1", "100.64.0.2", "100.64.0.3")),
    faults: few(
      seen(some("ip-forwarding-off", "key-expired", "logged-out", "rp-filter", "shields-up")),
    ),
  },
  {
    ...{ user: some("alice", "bob@example.com", ""), tags: few(some("tag:a", "tag:B")) },
    ...{
      publicAddresses: few(some("31.10.5.9", "31.10.5.10")),
      lan,
      sharedLan: some("100.72.0.0/24"),
    },
    ...{ udp: fc.boolean(), isCutOff: yes, mappingVaries: fc.boolean(), hasIpv6: fc.boolean() },
    ...{ smallMtu: some<object | null>(null, {}, { bytes: 1300 }, { bytes: 68 }) },
    ...{ homeRelay: some("fra", "nyc"), isWithoutControl: yes, relaysOut: few(outage), down },
    ...{ advertised: routes, approved: routes, exitNode: some("laptop", "100.64.0.1") },
    ...{ snat: fc.boolean(), acceptRoutes: fc.boolean(), allowLanAccess: fc.boolean() },
    ...{ listening: listening(some("tcp", "udp")), loopback: listening(some("tcp")) },
    ...{ blocked: listening(some("tcp", "udp")), clonedFrom: some("100.64.0.1", "100.64.0.2") },
  },
);
const host = record<HostFacts>(
  { name: some("printer", "laptop") },
  { down, lan, listening: listening(some("tcp", "udp")) },
);
const server = some("9.9.9.9", "192.168.1.53", "192.168.1.20", "100.64.0.1");
const tailnet = record<TailnetFacts>(
  {
    nodes: fc.array(node, { minLength: 1, maxLength: 5 }),
    hosts: few(host),
    unread: fc.constant([]),
    outages: record<Outages>(
      { resolvers: few(seen(server)), relays: few(seen(outage)) },
      { control: yes, loop: server },
    ),
  },
  {
    domain: some("tailnet.lab", "x.lab.test", "acme.ts.net"),
    nameservers: few(server),
    splitDns: fc.dictionary(some("corp.internal", "x"), few(server)),
    relays: fc.array(
      some("fra", "nyc", "FRA 2").map((code) => ({ code, name: code })),
      { minLength: 1, maxLength: 3 },
    ),
  },
);

test("whatever was seen, what is made of it is a topology", () => {
  fc.assert(
    fc.property(tailnet, (facts) => {
      reproduce(facts, { lab: "again", policyFile: "policy.hujson" });
    }),
    { numRuns: 150 },
  );
});
