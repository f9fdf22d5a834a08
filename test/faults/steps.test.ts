import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { faultOf } from "../../cli/fault-arguments.ts";
import { faultKind, faultKinds } from "../../lab/faults/kinds.ts";
import type { FaultStep } from "../../lab/faults/step.ts";
import type { RunningLab } from "../../lab/running/running-lab.ts";
import { homelabPlan, smallPlan } from "../plan/labs.ts";
import { plannedLab } from "./planned-lab.ts";

const office = ["10.20.0.0/24"];
const anywhere = ["0.0.0.0/0", "::/0"];
const joined = {
  router: { available_routes: office, approved_routes: office },
  exit: { available_routes: [...anywhere, "10.1.0.0/16"], approved_routes: anywhere },
};
const homelab = await plannedLab(homelabPlan, joined);
/** A network behind another's router, and none of the lab's own DNS. */
const small = await plannedLab(smallPlan);

/** Addresses of the default lab, by what has them. */
const [home, homeV6, cafe, cafeV6, www, wwwV6, exit, exitV6] = [
  ...["router-home", "router-cafe", "www", "exit"].flatMap((name) =>
    homelab.node(name).spec.addresses.slice(0, 2),
  ),
];

/** What a fault does, of the arguments of `fault add`; throws what its kind does. */
async function stepsOf(line: string, lab: RunningLab = homelab): Promise<FaultStep[]> {
  const [name = "", ...words] = line.split(" ");
  const settings = words.filter((word) => word.includes("="));
  const kind = faultKind(name);
  const fault = faultOf(
    kind,
    words.filter((word) => !word.includes("=") && word !== "--set"),
    settings,
  );
  if ("act" in kind) throw new Error(`${name} is over at once`);
  return kind.steps(lab, fault);
}

/** A step in a line: of a table of rules, where they are and what they are. */
function brief(step: FaultStep): string {
  if (step.kind === "state") return `${step.node} ${step.state}`;
  const cured = step.atBoot === "cured" ? ", cured by a restart" : "";
  if (step.kind === "setting") {
    const value = typeof step.value === "string" ? step.value : "edited";
    return `${step.node} ${step.setting} = ${value}${cured}`;
  }
  const chains = chainsOf(step.inject);
  if (chains.length === 0) return `${step.node}: ${step.inject}`;
  const rules = new Set(chains.map((chain) => chain.rules.join("; ")));
  expect(rules.size, "each hook has the same rules").toBe(1);
  return `${step.node} ${chains.map(({ hook }) => hook).join(", ")}: ${[...rules][0]}`;
}

/** The chains of a script for nft, of routers' rules without the interfaces. */
function chainsOf(script: string): { hook: string; rules: string[] }[] {
  return [...script.matchAll(/^ *chain \w+ \{\n *(.*)\n([\s\S]*?)^ *\}$/gm)].map(
    ([, at = "", text = ""]) => ({
      hook: /hook (\w+(?: device "\w+")?)/.exec(at)?.[1] ?? "",
      rules: text
        .replaceAll('iifname { "lan", "wan" } ', "")
        .split("\n")
        .flatMap((rule) => (rule.trim() === "" ? [] : [rule.trim()])),
    }),
  );
}

const machine = 'ingress device "inet", egress device "inet"';
const onLan = 'ingress device "lan", egress device "lan"';
const half = "numgen random mod 100 < 50 counter drop";

/** Rules for what goes to addresses and comes from them. */
function both(v4: string, v6: string | undefined, layer4 = "", but?: readonly string[]): string {
  const families: [string, string | undefined, string | undefined][] = [
    ["ip", v4, but?.[0]],
    ["ip6", v6, but?.[1]],
  ];
  return ["daddr", "saddr"]
    .flatMap((field) =>
      families.flatMap(([family, address, except]) => {
        if (address === undefined) return [];
        const not = except === undefined ? "" : ` ${family} ${field} != { ${except} }`;
        return [`${layer4}${family} ${field} { ${address} }${not} counter drop`];
      }),
    )
    .join("; ");
}

describe("a place's packets pass", () => {
  test.each([
    ["its router", "loss home 50", [`router-home prerouting: ${half}`]],
    ["the machine itself", "loss laptop 50", [`laptop ${onLan}: ${half}`]],
    ["a public machine itself", "loss www 50", [`www ${machine}: ${half}`]],
    ["all machines of a network without a router", "loss cloud 50", [`exit ${machine}: ${half}`]],
    [
      "all machines that are on the internet alone",
      "loss internet 50",
      ["control", "derp-fra", "derp-nyc", "dns", "www"].map(
        (name) => `${name} ${machine}: ${half}`,
      ),
    ],
  ])("%s: %s", async (_, line, steps) => {
    expect((await stepsOf(line)).map(brief)).toEqual(steps);
  });

  test("the inner router of two", async () => {
    expect((await stepsOf("loss inner 50", small)).map(brief)).toEqual([
      `router-inner prerouting: ${half}`,
    ]);
  });
});

describe("dropped between two places, where their packets can be told from others', is", () => {
  const internet = both("198.18.0.0/16", "2001:db8::/64", "", [home ?? "", homeV6 ?? ""]);
  test.each([
    ["cut home cafe", `router-home prerouting: ${both(cafe ?? "", cafeV6)}`],
    [
      "cut home cafe protocol=udp",
      `router-home prerouting: ${both(cafe ?? "", cafeV6, "meta l4proto udp ")}`,
    ],
    ["cut laptop www", `laptop ${onLan}: ${both(www ?? "", wwwV6)}`],
    ["cut www laptop", `laptop ${onLan}: ${both(www ?? "", wwwV6)}`],
    ["cut laptop nas", `laptop ${onLan}: ${both("192.168.1.10", undefined)}`],
    ["cut exit www", `exit ${machine}: ${both(www ?? "", wwwV6)}`],
    ["cut cloud home", `exit ${machine}: ${both(home ?? "", homeV6)}`],
    ["cut home internet", `router-home prerouting: ${internet}`],
    ["cut internet home", `router-home prerouting: ${internet}`],
  ])("%s", async (line, step) => {
    expect((await stepsOf(line)).map(brief)).toEqual([step]);
  });

  test.each([
    ["cut laptop www oneWay=true", "daddr", "saddr"],
    ["cut www laptop oneWay=true", "saddr", "daddr"],
    ["cut home cafe oneWay=true", "daddr", "saddr"],
    ["cut internet home oneWay=true", "saddr", "daddr"],
  ])("what the first sends alone: %s", async (line, dropped, passed) => {
    const rules = (await stepsOf(line)).map(brief).join();
    expect(rules).toContain(dropped);
    expect(rules).not.toContain(passed);
  });

  test("at an inner router what leaves its network", async () => {
    const { addresses } = small.node("exit").spec;
    const rules = both(addresses[0] ?? "", addresses[1]);
    expect((await stepsOf("cut inner exit", small)).map(brief)).toEqual([
      `router-inner prerouting: ${rules}`,
    ]);
  });

  test("nothing where neither has a public address", async () => {
    await expect(stepsOf("cut inner tablet", small)).rejects.toMatchObject({
      name: "UsageInvalid",
      where: "inner and tablet",
    });
  });

  test("each group's packets to the others, not to its own", async () => {
    const steps = await stepsOf("partition home,cloud cafe");
    const but = (v4: (string | undefined)[], v6: (string | undefined)[]) => [
      v4.join(", "),
      v6.join(", "),
    ];
    const ours = but([home, exit], [homeV6, exitV6]);
    const theirs = but([cafe], [cafeV6]);
    expect(steps.map(brief)).toEqual([
      `router-home prerouting: ${both(cafe ?? "", cafeV6, "", ours)}`,
      `exit ${machine}: ${both(cafe ?? "", cafeV6, "", ours)}`,
      `router-cafe prerouting: ${both(home ?? "", homeV6, "", theirs)}; ${both(exit ?? "", exitV6, "", theirs)}`,
    ]);
  });
});

test.each([
  [
    "udp-blocked cafe",
    [
      "router-cafe prerouting: udp dport 53 accept; udp sport 53 accept; meta l4proto udp counter drop",
    ],
  ],
  ["loss laptop 100", [`laptop ${onLan}: counter drop`]],
  ["rate nas 4000", ["nas qdisc lan = rate 4000kbit burst 3000 limit 50000"]],
  [
    "rate home 8",
    ["lan", "wan"].map((link) => `router-home qdisc ${link} = rate 8kbit burst 3000 limit 30000`),
  ],
  ["mtu nas 1300", [`nas ${onLan}: ip length > 1300 counter drop; ip6 length > 1260 counter drop`]],
  ["mtu home 1300 icmp=true", ["router-home mtu of routes = 1300"]],
  [
    "mtu home 1300",
    [
      "router-home output: icmp type destination-unreachable icmp code frag-needed counter drop",
      "router-home mtu of routes = 1300",
    ],
  ],
  ["stop server", ["server stopped"]],
  ["kill server", ["server killed"]],
  ["pause server", ["server paused"]],
  ["rp-filter laptop", ["laptop sysctl net.ipv4.conf.all.rp_filter = 1, cured by a restart"]],
  [
    "ip-forwarding-off router",
    [
      "router sysctl net.ipv4.ip_forward = 0, cured by a restart",
      "router sysctl net.ipv6.conf.all.forwarding = 0, cured by a restart",
    ],
  ],
  ["no-return-route router", ["router pref snat-subnet-routes = false"]],
  [
    "host-firewall server",
    ['server input: ct state established,related accept; iifname "tailscale0"  counter drop'],
  ],
  [
    "host-firewall nas protocol=icmp",
    [
      'nas input: ct state established,related accept; iifname != "lo" meta l4proto { icmp, ipv6-icmp } counter drop',
    ],
  ],
  [
    "host-firewall server port=80",
    [
      'server input: ct state established,related accept; iifname "tailscale0" meta l4proto { tcp, udp } th dport 80 counter drop',
    ],
  ],
  [
    "cgnat-collision laptop",
    [
      "router-home: ip addr replace 100.64.0.254/24 dev lan",
      "nas: ip addr replace 100.64.0.253/24 dev lan",
      "laptop: ip addr replace 100.64.0.252/24 dev lan",
    ],
  ],
  // nginx serves port 80 too; dnsmasq nothing else.
  ["service-down server 8080", ["server listen 8080 = none"]],
  ["service-down office-dns 53", ["office-dns service dnsmasq = stop"]],
  ["service-loopback-only server 80", ["server listen 80 = loopback"]],
  [
    "resolv-conf-overwritten laptop nameserver=10.0.0.1",
    ["laptop file /etc/resolv.conf = # Generated by NetworkManager\nnameserver 10.0.0.1"],
  ],
  ["dns-server-down internet", ["dns service dnsmasq = stop"]],
  ["magic-dns-off", ["control headscale dns.magic_dns = false"]],
  ["accept-dns-off laptop", ["laptop pref accept-dns = false"]],
  ["accept-routes-off laptop", ["laptop pref accept-routes = false"]],
  ["policy policy={}", ["control policy = {}"]],
  ["policy laptop server", ["control policy = edited"]],
  ["duplicate-hostname phone laptop", ["phone pref hostname = laptop"]],
  ["control-down", ["control service headscale = stop"]],
  ["relay-down fra", ["derp-fra service derper = stop"]],
])("%s", async (line, steps) => {
  expect((await stepsOf(line)).map(brief)).toEqual(steps);
});

test("what is between a network and a server is dropped at the network's router", async () => {
  const [relay = ""] = homelab.node("derp-fra").spec.addresses;
  const dropped = `ip daddr { ${relay} } meta l4proto tcp drop; ip saddr { ${relay} } meta l4proto tcp drop`;
  for (const place of ["home", "router-home"]) {
    const blocked = await stepsOf(`relay-tcp-blocked fra ${place}`);
    expect(blocked.map(({ node }) => node)).toEqual(["router-home"]);
    expect(brief(blocked[0] as FaultStep)).toContain(dropped);
  }
  const [own = ""] = homelab.node("laptop").spec.addresses;
  const [ofLaptop] = await stepsOf("relay-tcp-blocked fra laptop");
  expect(brief(ofLaptop as FaultStep)).toContain(
    `ip saddr { ${own} } ip daddr { ${relay} } meta l4proto tcp drop`,
  );
  // Nothing is in that network but another's router.
  const [outer] = await stepsOf("relay-tcp-blocked one outer", small);
  expect(outer?.node).toBe("router-outer");
  // Without a router it is the server's own.
  for (const line of ["relay-tcp-blocked fra exit", "relay-tcp-blocked fra"]) {
    expect((await stepsOf(line)).map(({ node }) => node)).toEqual(["derp-fra"]);
  }
  const cut = await stepsOf("control-unreachable laptop");
  expect(cut.map(({ node }) => node)).toEqual(["router-home"]);
});

describe("a list of routes is edited, whatever else is in it", () => {
  /** What the step makes of a value, by the machine's programs. */
  async function edited(line: string, value: string): Promise<string> {
    const [step] = await stepsOf(line);
    return runEdit(step, value);
  }
  function runEdit(step: FaultStep | undefined, value: string): string {
    if (step?.kind !== "setting" || typeof step.value === "string") throw new Error("no edit");
    const options = { input: value, encoding: "utf8" } as const;
    const argv = ["-Eeuo", "pipefail", "-c", step.value.edit];
    const { status, stdout, stderr } = spawnSync("bash", argv, options);
    expect(status, stderr).toBe(0);
    return stdout.trim();
  }

  test.each([
    ["route-unapproved router 10.20.0.0/24", "10.20.0.0/24", ""],
    ["route-unapproved router 10.20.0.0/24", "10.1.0.0/16,10.20.0.0/24", "10.1.0.0/16"],
    ["route-withdrawn router 10.20.0.0/24", "10.20.0.0/24,110.20.0.0/24", "110.20.0.0/24"],
    // An exit node's two belong together.
    ["route-withdrawn exit 0.0.0.0/0", "0.0.0.0/0,::/0,10.1.0.0/16", "10.1.0.0/16"],
    ["route-withdrawn exit 10.1.0.0/16", "0.0.0.0/0,::/0,10.1.0.0/16", "0.0.0.0/0,::/0"],
  ])("%s of %s", async (line, before, after) => {
    expect(await edited(line, before)).toBe(after);
  });

  test("and no auto-approver approves it again", async () => {
    const policy = `{
      // Approved by themselves.
      "autoApprovers": {
        "routes": { "10.20.0.0/16": ["tag:router"], "10.1.0.0/16": ["tag:router"] },
        "exitNode": ["tag:exit"],
      },
    }`;
    const lab = await plannedLab(homelabPlan, joined, policy);
    const approversAfter = async (line: string) => {
      const [step] = await stepsOf(line, lab);
      return JSON.parse(runEdit(step, policy)).autoApprovers;
    };
    const exitNode = ["tag:exit"];
    const routes = { "10.20.0.0/16": ["tag:router"], "10.1.0.0/16": ["tag:router"] };
    const { "10.20.0.0/16": _, ...left } = routes;
    expect(await approversAfter("route-unapproved router")).toEqual({ routes: left, exitNode });
    expect(await approversAfter("route-unapproved exit ::/0")).toEqual({ routes });
  });

  test("or is empty, where no route is named", async () => {
    expect((await stepsOf("route-unapproved exit")).map(brief)).toEqual([
      expect.stringMatching(/^control approved routes of \d+ = $/),
    ]);
  });
});

describe("what the lab lacks is told", () => {
  test.each([
    ["nat cloud hard", "cloud", /it has no router/],
    ["mtu nas 1300 icmp=true", "nas", /only a router tells the sender/],
    ["service-down server 81", "port", /its ports are 7, 80, 22, 8080/],
    ["service-loopback-only office-dns 53", "port", /no service over TCP/],
    ["dns-server-down nas", "server", /serves no DNS/],
    ["resolv-conf-overwritten dns", "node", /a machine of the lab's own/],
    ["cgnat-collision exit", "node", /no LAN around exit/],
    ["ip-forwarding-off laptop", "node", /neither a subnet router nor an exit node[\s\S]*router/],
    ["no-return-route laptop", "node", /is no subnet router[\s\S]*router/],
    ["route-unapproved laptop", "node", /has no approved route/],
    [
      "route-withdrawn router 10.0.0.0/8",
      "route",
      /advertises no route 10.0.0.0\/8[\s\S]*it has 10.20/,
    ],
    ["key-expired nas", "nas", /Headscale knows no node/],
  ])("%s", async (line, where, message) => {
    await expect(stepsOf(line)).rejects.toMatchObject({
      where,
      message: expect.stringMatching(message),
    });
  });
});

describe("every kind's example", () => {
  const lasting = faultKinds.filter((kind) => "steps" in kind);

  test.each(lasting.map(({ example }) => example.replace(/ --for \S+/, "")))("%s", async (line) => {
    const steps = await stepsOf(line);
    expect(steps.length).toBeGreaterThan(0);
    // As the machine keeps it.
    expect(JSON.parse(JSON.stringify(steps))).toEqual(steps);
    for (const step of steps) {
      expect(homelab.node(step.node).name).toBe(step.node);
      const text = JSON.stringify(step);
      expect(text, "a name or a value that was not there").not.toMatch(/undefined|NaN|\[object/);
    }
  });
});
