import { expect, test } from "vitest";
import { silent } from "./alterations.ts";
import { type Alteration, found, replace } from "./altered-source.ts";

async function fixOf(code: string, asked: string | undefined, alterations: Alteration[]) {
  const { findings } = await found(asked, alterations);
  return findings.find((each) => each.code === code)?.fix;
}

test("a policy that Headscale has in a file is changed there", async () => {
  const asked = "laptop router:22";
  const inFile: Alteration = [
    "control",
    "cat /etc/headscale/config.yaml",
    replace("mode: database", "mode: file\n  path: /etc/headscale/acl.hujson"),
  ];
  const add = 'add { "src": ["alice@"], "dst": ["tag:router"], "ip": ["tcp:22"] } to "grants"';
  expect(await fixOf("TL203", asked, [])).toEqual([
    "on control: headscale policy get > policy.hujson",
    `on control, in policy.hujson: ${add}`,
    "on control: headscale policy set -f policy.hujson",
  ]);
  expect(await fixOf("TL203", asked, [inFile])).toEqual([
    `on control, in /etc/headscale/acl.hujson: ${add}`,
    "on control: systemctl reload headscale",
  ]);
});

const expired: Alteration = [
  "router",
  "tailscale status",
  replace(/("HostName": "router",)/, '$1 "Expired": true,'),
];

test("a login names all that the node is set to, as `tailscale up` wants it", async () => {
  const set: Alteration = [
    "router",
    "tailscale debug prefs",
    replace(/"NoSNAT": false/, '"NoSNAT": true, "ShieldsUp": true'),
  ];
  expect(await fixOf("TL206", undefined, [expired, set])).toEqual([
    "on control, which prints a KEY: headscale preauthkeys create --tags tag:router",
    "on router: tailscale up --force-reauth --auth-key=KEY --login-server=https://control.lab.test --advertise-exit-node --advertise-routes=10.20.0.0/24 --hostname=router --shields-up --snat-subnet-routes=false",
    expect.stringMatching(/headscale nodes expire --disable -i \d+$/),
  ]);
});

test("a rule of the firewall is taken away by its number, or passed by", async () => {
  const rule = { family: "inet", table: "own", chain: "in" };
  const drops: Alteration = [
    "router",
    "nft -j",
    ({ stdout }) => {
      const all = JSON.parse(stdout) as { nftables: object[] };
      const base = { type: "filter", hook: "input", prio: 0, policy: "accept" };
      all.nftables.push(
        { chain: { family: "inet", table: "own", name: "in", ...base } },
        { rule: { ...rule, handle: 7, expr: [{ drop: null }] } },
      );
      return { stdout: JSON.stringify(all) };
    },
  ];
  expect(await fixOf("TL114", "laptop router:80", [...silent, drops])).toEqual([
    "on router: nft delete rule inet own in handle 7",
    "on router, else: nft insert rule inet own in iifname tailscale0 accept",
  ]);
});
