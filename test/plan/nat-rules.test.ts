import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { natRules } from "../../lab/plan/nat-rules.ts";
import { natPresets } from "../../lab/topology/nat-presets.ts";
import { contentOf, homelabPlan, smallPlan } from "./labs.ts";

/** What nft says of a ruleset, which it checks and does not set; an empty string where it is fine. */
function complaint(rules: string): string {
  const { status, stderr, error } = spawnSync("nft", ["-c", "-f", "-"], {
    input: rules,
    encoding: "utf8",
  });
  if (error !== undefined) return error.message;
  return status === 0 ? "" : `exit code ${status}: ${stderr}`;
}

const unusable = complaint("table ip tailnet_lab_trial {}");

describe.skipIf(unusable !== "")(
  `the rules of every NAT${unusable && ` (nft: ${unusable})`}`,
  () => {
    test.each(Object.entries(natPresets))("%s are sound to nft", (_, behaviour) => {
      expect(complaint(natRules(behaviour))).toBe("");
    });

    test("nft would find a broken one", () => {
      const rules = natRules(natPresets.easy);
      expect(complaint(rules.replace("masquerade", "masquerades"))).toContain("syntax error");
      expect(
        complaint(rules.replace("type nat hook postrouting", "type nat hook forward")),
      ).not.toBe("");
    });
  },
);

describe("a router's rules", () => {
  const rulesOf = (plan: typeof smallPlan, router: string) =>
    contentOf(plan, router, "/etc/nftables.conf");

  test("come from its network's preset", () => {
    expect(rulesOf(homelabPlan, "router-home")).toBe(natRules(natPresets.easy));
    expect(rulesOf(homelabPlan, "router-office")).toBe(natRules(natPresets.hard));
    expect(rulesOf(smallPlan, "router-inner")).toBe(natRules(natPresets.hard));
  });

  test("map by destination only where the NAT is hard", () => {
    expect(natRules(natPresets.easy)).toMatch(/oifname "wan" masquerade$/m);
    expect(natRules(natPresets.hard)).toMatch(/oifname "wan" masquerade random,fully-random$/m);
  });

  test("drop what comes unasked on the WAN, else an easy NAT would map anew", () => {
    for (const behaviour of Object.values(natPresets)) {
      expect(natRules(behaviour)).toMatch(
        /hook input[^}]*iifname "wan" ct state new,invalid counter drop/,
      );
      expect(natRules(behaviour)).toMatch(/hook forward[^;]*; policy drop;/);
    }
  });
});
