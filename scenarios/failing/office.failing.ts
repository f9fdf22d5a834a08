import { expect, labTest } from "../harness/index.ts";

const office = "10.20.0.0/24";

const test = labTest(
  {
    name: "failing",
    tailnet: {
      policy: {
        tagOwners: { "tag:router": ["alice@"] },
        grants: [{ src: ["*"], dst: ["*"], ip: ["*"] }],
        autoApprovers: { routes: { [office]: ["tag:router"] } },
      },
    },
    networks: {
      home: { nat: "easy", lan: "192.168.1.0/24" },
      office: { nat: "easy", lan: office },
    },
    nodes: {
      laptop: { kind: "tailscale", network: "home", user: "alice", acceptRoutes: true },
      router: {
        kind: "tailscale",
        network: "office",
        tags: ["tag:router"],
        advertiseRoutes: [office],
      },
      printer: { kind: "host", network: "office", services: [{ kind: "http", port: 80 }] },
    },
  },
  { shared: false },
);

test("a claim, until whose fault is cleared", async ({ lab }) => {
  await using _ = await lab.inject({ kind: "route-unapproved", node: "router" });
  await expect(lab.node("laptop")).toReach(lab.node("printer"), { port: 80, seconds: 3 });
});

test("soft claims", async ({ lab }) => {
  await using _ = await lab.inject({ kind: "route-unapproved", node: "router" });
  const laptop = lab.node("laptop");
  await expect.soft(laptop).toReach(lab.node("printer"), { port: 80, seconds: 3 });
  await expect.soft(laptop).toResolve("nobody.tailnet.lab");
});

test("another error, before its fault is cleared", async ({ lab, onTestFinished }) => {
  const fault = await lab.inject({ kind: "ip-forwarding-off", node: "router" });
  onTestFinished(() => fault[Symbol.asyncDispose]());
  throw new Error("an error of its own");
});

test("nothing is wrong with the lab", async ({ lab }) => {
  expect(await lab.node("laptop").output(["hostname"])).toBe("desktop\n");
});

test("a claim that holds", async ({ lab }) => {
  await expect(lab.node("laptop")).toReach(lab.node("printer"), { port: 80, seconds: 15 });
});
