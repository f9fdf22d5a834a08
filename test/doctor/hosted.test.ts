import { expect, test } from "vitest";
import { type Alteration, found, replace } from "./altered-source.ts";

const unseen = { outOfSight: ["control", "printer"] };
const hosted: Alteration[] = ["laptop", "router"].map((machine) => [
  machine,
  "tailscale debug prefs",
  replace("https://control.lab.test", "https://controlplane.tailscale.com"),
]);

async function fixes(asked: string | undefined, alterations: readonly Alteration[]) {
  const { findings } = await found(asked, [...hosted, ...alterations], unseen);
  return findings.flatMap(({ code, fix }) => fix.map((line) => `${code} ${line}`));
}

test.each<[what: string, asked: string | undefined, alterations: Alteration[], fix: string]>([
  [
    "a route is approved",
    undefined,
    [["laptop", "tailscale debug netmap", replace(/\s+"10.20.0.0\/24",(?=\s+"100.64.0.1)/, "")]],
    "TL103 in the admin console, Machines, Edit route settings: 0.0.0.0/0,::/0,10.20.0.0/24",
  ],
  [
    "a route may be hidden",
    undefined,
    [["laptop", "tailscale debug netmap", replace(/\s+"10.20.0.0\/24",(?=\s+"100.64.0.1)/, "")]],
    'TL103 in the admin console, Access controls, where it is approved: let the policy have a rule with 10.20.0.0/24 as "dst"',
  ],
  [
    "a policy is saved",
    "laptop router:22",
    [],
    "TL203 in the admin console, Access controls: save the policy",
  ],
  [
    "who logs in needs no other server's name",
    undefined,
    [["laptop", "tailscale status", replace('"Running"', '"NeedsLogin"')]],
    "TL207 on laptop: tailscale up",
  ],
  [
    "a key that never expires",
    undefined,
    [
      [
        "laptop",
        "tailscale status",
        replace('"HostName": "laptop",', '"HostName": "laptop", "Expired": true,'),
      ],
    ],
    "TL206 in the admin console, Machines, where it should never expire: Disable key expiry",
  ],
  [
    "control is nobody's to restart",
    undefined,
    ["laptop", "router"].map((machine) => [
      machine,
      "sh controlProbe",
      () => ({
        stdout:
          "url https://controlplane.tailscale.com\nanswer 000 \ncurl: (28) Connection timed out\nexit 28\n",
      }),
    ]),
    "TL301 look at https://status.tailscale.com",
  ],
  [
    "a resolver for all names is corrected",
    undefined,
    ["laptop", "router"].map((machine) => [
      machine,
      "sh resolverProbes",
      ({ stdout }) => ({ stdout: stdout.replaceAll(/^(\S+) \d+ [A-Z]*$/gm, "$1 9 ") }),
    ]),
    "TL508 look whether 198.18.0.53 is the server's address: in the admin console, DNS",
  ],
])("at Tailscale's own control server %s", async (_what, asked, alterations, fix) => {
  const all = await fixes(asked, alterations);
  expect(all).toContain(fix);
  expect(all.join("\n")).not.toMatch(/headscale|on control|login-server/i);
});

test("one node that asks Tailscale's own control server by mistake does not make the tailnet hosted", async () => {
  const { findings } = await found("laptop router:22", hosted.slice(0, 1), unseen);
  expect(findings.flatMap(({ fix }) => fix)).toContain(
    "on control: headscale policy set -f policy.hujson",
  );
});
