import { accessLogOf } from "../lab/observe/access-log.ts";
import { expect, labTest, type ScenarioLab } from "./harness/index.ts";

const test = labTest({
  name: "exit",
  tailnet: {
    policy: {
      tagOwners: { "tag:exit": ["alice@"] },
      grants: [
        { src: ["alice@"], dst: ["autogroup:internet", "tag:exit"], ip: ["*"] },
        { src: ["alice@"], dst: ["autogroup:self"], ip: ["*"] },
      ],
      autoApprovers: { exitNode: ["tag:exit"] },
    },
  },
  networks: { home: { nat: "easy", lan: "192.168.1.0/24" }, cloud: { nat: "none" } },
  nodes: {
    laptop: { kind: "tailscale", network: "home", user: "alice" },
    tablet: {
      kind: "tailscale",
      network: "home",
      user: "alice",
      useExitNode: "exit",
      allowLanAccess: true,
    },
    console: {
      kind: "tailscale",
      network: "home",
      user: "alice",
      useExitNode: "exit",
      allowLanAccess: false,
    },
    nas: { kind: "host", network: "home", services: [{ kind: "http", port: 80 }] },
    exit: { kind: "tailscale", network: "cloud", tags: ["tag:exit"], exitNode: true },
    www: {
      kind: "host",
      network: "internet",
      publicNames: ["www.example.com"],
      services: [{ kind: "http", port: 80 }],
    },
  },
});

test("without an exit node www sees the home's WAN address", async ({ lab }) => {
  await expect(lab.node("laptop")).toReach(lab.node("www"), {
    port: 80,
    seenFrom: addressOf(lab, "router-home"),
  });
});

test("with an exit node www sees the exit node's address", async ({ lab }) => {
  const exit = addressOf(lab, "exit");
  await Promise.all(
    ["tablet", "console"].map((name) =>
      expect(lab.node(name)).toReach(lab.node("www"), { port: 80, seenFrom: exit }),
    ),
  );
});

test("an exit node is taken and given back while the node runs", async ({ lab }) => {
  const laptop = lab.node("laptop");
  const www = lab.node("www");
  await laptop.output(["tailscale", "set", "--exit-node=exit"]);
  try {
    await expect(laptop).toReach(www, { port: 80, seenFrom: addressOf(lab, "exit") });
    await expect(laptop).toReach("www.example.com", { port: 80 });
  } finally {
    await laptop.output(["tailscale", "set", "--exit-node="]);
  }
  await expect(laptop).toReach(www, { port: 80, seenFrom: addressOf(lab, "router-home") });
});

test("with LAN access the NAS is reached on the LAN, not through the exit node", async ({
  lab,
}) => {
  const tablet = lab.node("tablet");
  await expect(tablet).toReach(lab.node("nas"), { port: 80, seenFrom: addressOf(lab, "tablet") });
  await expect(tablet).toReach(lab.node("www"), { port: 80, seenFrom: addressOf(lab, "exit") });
});

test("without LAN access the NAS is out of reach", async ({ lab }) => {
  const nas = lab.node("nas");
  const since = new Date().toISOString();
  await Promise.all([
    expect(lab.node("console")).toFailToReach(nas, { port: 80, as: "timeout" }),
    expect(lab.node("laptop")).toReach(nas, { port: 80 }),
    expect(lab.node("console")).toReach(lab.node("www"), { port: 80 }),
  ]);
  const callers = (await accessLogOf(nas, since)).map((each) => each.from);
  expect(callers, "whom the NAS saw").toEqual([addressOf(lab, "laptop")]);
});

function addressOf(lab: ScenarioLab, name: string): string {
  return lab.node(name).spec.addresses[0] ?? "";
}
