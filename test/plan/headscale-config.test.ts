import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { label } from "../../lab/plan/plan.ts";
import { draftOptions, planLab } from "../../lab/plan/plan-lab.ts";
import { bootOf, contentOf, homelabPlan, small, smallPlan } from "./labs.ts";

const config = (plan: typeof smallPlan) =>
  parse(contentOf(plan, "settings", "/settings/control/config.yaml"));
const derp = (plan: typeof smallPlan) =>
  parse(contentOf(plan, "settings", "/settings/control/derp.yaml"), { mapAsMap: true }).get(
    "regions",
  );

describe("Headscale's DERP map", () => {
  test("has a region with a number of its own for each relay", () => {
    const regions: Map<unknown, Map<string, unknown>> = derp(homelabPlan);
    const ids = [...regions.keys()];
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect([...Array(100).keys()].map((n) => n + 900)).toContain(id);
    expect([...regions.values()].map((region) => region.get("regionid"))).toStrictEqual(ids);
    const names = [...regions.values()].map((region) => [
      region.get("regioncode"),
      region.get("regionname"),
    ]);
    expect(names.sort()).toEqual([
      ["fra", "Frankfurt"],
      ["nyc", "New York"],
    ]);
  });

  test("sends clients to where the relays are, by name and by both addresses", () => {
    for (const region of derp(homelabPlan).values()) {
      const code = region.get("regioncode");
      const [node] = region.get("nodes");
      const at = homelabPlan.containers.find(({ name }) => name === `derp-${code}`)?.interfaces[0];
      expect(at?.addresses).toEqual([`${node.get("ipv4")}/32`, `${node.get("ipv6")}/128`]);
      expect(node.get("hostname")).toBe(`derp-${code}.lab.test`);
      const known = contentOf(homelabPlan, "settings", "/settings/network/hosts").split("\n");
      expect(known).toContain(`${node.get("ipv4")} ${node.get("hostname")}`);
      expect(known).toContain(`${node.get("ipv6")} ${node.get("hostname")}`);
    }
  });

  test("calls a region without a name by its code", () => {
    const names = [...derp(smallPlan).values()].map((region) => region.get("regionname"));
    expect(names.sort()).toEqual(["Second", "one"]);
  });
});

describe("Headscale's DNS settings", () => {
  test("of the default lab: names of servers have become addresses", () => {
    expect(config(homelabPlan).dns).toEqual({
      magic_dns: true,
      base_domain: "tailnet.lab",
      override_local_dns: true,
      nameservers: { global: ["198.18.0.53"], split: { "corp.internal": ["10.20.0.53"] } },
      extra_records_path: "/lab/control/dns-records.json",
    });
    const records = contentOf(homelabPlan, "settings", "/settings/control/dns-records.json");
    expect(JSON.parse(records)).toEqual([
      { name: "printer.tailnet.lab", type: "A", value: "10.20.0.30" },
    ]);
  });

  test("of a lab without any", () => {
    expect(config(smallPlan).dns).toEqual({
      magic_dns: false,
      base_domain: "small.test",
      override_local_dns: false,
      nameservers: { global: [], split: {} },
      extra_records_path: "/lab/control/dns-records.json",
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
  const plan = planLab(small, { run: "stack", ...draftOptions(small), policyText });
  expect(contentOf(plan, "settings", "/settings/control/users")).toBe("alice\nbob\ncarol\n");
  expect(contentOf(plan, "settings", "/settings/control/policy.hujson")).toBe(policyText);
});

test("control leaves a key for exactly those who wait for one", () => {
  const members = contentOf(homelabPlan, "settings", "/settings/control/members");
  const given = members
    .trimEnd()
    .split("\n")
    .map((line) => line.split(" ").slice(0, 3));
  const awaited = homelabPlan.containers
    .filter(({ labels }) => labels[label.kind] === "tailscale")
    .map(({ name, environment }) => [
      name,
      /^delivery=(.*)$/m.exec(bootOf(homelabPlan, name))?.[1],
      environment.TAILNET_LAB_TOKEN,
    ]);
  expect(given).toHaveLength(6);
  expect(given).toEqual(awaited.sort(([a = ""], [b = ""]) => (a < b ? -1 : 1)));
});
