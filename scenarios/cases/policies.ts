import type { Command } from "./case.ts";

/** A rule of a policy. */
interface Grant {
  src: string[];
  dst: string[];
  ip: string[];
}

/** A policy for the default lab, without the tests of its own, that grants this and nothing else. */
export function policyWith(...grants: Grant[]): Record<string, unknown> {
  return {
    tagOwners: {
      "tag:server": ["alice@"],
      "tag:router": ["alice@"],
      "tag:exit": ["alice@"],
    },
    grants,
    autoApprovers: {
      routes: { "10.20.0.0/24": ["tag:router"] },
      exitNode: ["tag:exit"],
    },
  };
}

/** Puts a grant more in force. */
export function addGrant(grant: Grant): [Command] {
  const edit = `jq '.grants += [${JSON.stringify(grant)}]'`;
  const file = "/tmp/policy.json";
  return [
    {
      on: "control",
      run: `headscale policy get | ${edit} > ${file} && headscale policy set --file ${file}`,
    },
  ];
}
