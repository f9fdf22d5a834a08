import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { planLab } from "../../lab/plan/plan-lab.ts";
import { bootOf, contentOf, homelabPlan, small, smallPlan } from "./labs.ts";

const config = (plan: typeof smallPlan) =>
  parse(contentOf(plan, "control", "/etc/headscale/config.yaml"));
const derp = (plan: typeof smallPlan) =>
  parse(contentOf(plan, "control", "/etc/headscale/derp.yaml"), { mapAsMap: true }).get("regions");

describe("Headscale's DERP map", () => {
  test("has a region with a number of its own for each relay, in the order of declaration", () => {
    const regions: Map<unknown, Map<string, unknown>> = derp(homelabPlan);
    expect([...regions.keys()]).toStrictEqual([900, 901]);
    expect([...regions.values()].map((region) => region.get("regionid"))).toStrictEqual([900, 901]);
    expect([...regions.values()].map((region) => region.get("regioncode"))).toEqual(["fra", "nyc"]);
    expect([...regions.values()].map((region) => region.get("regionname"))).toEqual([
      "Frankfurt",
      "New York",
    ]);
  });

  test("sends clients to where the relays are, by name and by both addresses", () => {
    for (const region of derp(homelabPlan).values()) {
      const code = region.get("regioncode");
      const [node] = region.get("nodes");
      const at = homelabPlan.containers.find(({ name }) => name === `derp-${code}`)?.interfaces[0];
      expect(at?.addresses).toEqual([`${node.get("ipv4")}/32`, `${node.get("ipv6")}/128`]);
      expect(node.get("hostname")).toBe(`derp-${code}.lab.test`);
      const known = contentOf(homelabPlan, "dns", "/etc/dnsmasq-internet.conf");
      expect(known).toContain(
        `host-record=${node.get("hostname")},${node.get("ipv4")},${node.get("ipv6")}\n`,
      );
    }
  });

  test("calls a region without a name by its code", () => {
    expect(derp(smallPlan).get(900).get("regionname")).toBe("one");
  });
});

describe("Headscale's DNS settings", () => {
  test("of the default lab: names of servers have become addresses", () => {
    expect(config(homelabPlan).dns).toEqual({
      magic_dns: true,
      base_domain: "tailnet.lab",
      override_local_dns: true,
      nameservers: { global: ["198.18.0.53"], split: { "corp.internal": ["10.20.0.53"] } },
      extra_records: [{ name: "printer.tailnet.lab", type: "A", value: "10.20.0.30" }],
    });
  });

  test("of a lab without any", () => {
    expect(config(smallPlan).dns).toEqual({
      magic_dns: false,
      base_domain: "small.test",
      override_local_dns: false,
      nameservers: { global: [], split: {} },
      extra_records: [],
    });
  });
});

test("Headscale asks nobody outside the lab", () => {
  expect(config(homelabPlan)).toMatchObject({
    server_url: "https://control.lab.test",
    derp: { urls: [], auto_update_enabled: false, server: { enabled: false } },
    disable_check_updates: true,
    logtail: { enabled: false },
  });
});

test("users that only the policy mentions are made too, or Headscale would refuse it", () => {
  const policyText = `{
    // dave@ is in a comment only.
    "acls": [{ "action": "accept", "src": ["bob@"], "dst": ["carol@:22"] }],
  }`;
  const plan = planLab(small, { run: "stack", dockerPool: 7, policyText });
  const users = bootOf(plan, "control").match(/(?<=^make_user ')[^']*/gm);
  expect(users).toEqual(["alice", "bob", "carol"]);
  expect(contentOf(plan, "control", "/etc/headscale/policy.hujson")).toBe(policyText);
});

test("control invites exactly who waits for it", () => {
  const boot = (name: string) => bootOf(homelabPlan, name);
  const waits = homelabPlan.containers.flatMap(
    ({ name }) => boot(name).match(/(?<=test -e )\S+/g) ?? [],
  );
  const [, ...invites] = /^touch (.*)$/m.exec(boot("control"))?.[1]?.split(" ") ?? [];
  expect(waits).toHaveLength(6);
  expect(waits).toEqual(invites.map((path) => path.replace("/open.new/", "/open/")));
});
