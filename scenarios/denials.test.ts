import { parse } from "jsonc-parser";
import { reach } from "../lab/observe/connect.ts";
import { getPolicy, setPolicy } from "../lab/running/policy.ts";
import { expect, labTest } from "./harness/index.ts";
import { hostOf } from "./harness/matchers/target.ts";

const test = labTest(new URL("../topologies/homelab.ts", import.meta.url));

test.concurrent("by user: the router's echo is for alice, not for bob", async ({ lab }) => {
  const router = lab.node("router");
  await expect(lab.node("laptop")).toReach(router, { port: 7 });
  await expect(lab.node("phone")).toBeDenied(router, { port: 7, allowed: { port: 80 } });
});

test.concurrent("by group: a server's port 22 is for admins, not for the family", async ({
  lab,
}) => {
  const server = lab.node("server");
  await expect(lab.node("laptop")).toReach(server, { port: 22 });
  await expect(lab.node("phone")).toBeDenied(server, { port: 22, allowed: { port: 80 } });
});

test.concurrent("by tag: the exit node's echo is for servers, not for routers", async ({ lab }) => {
  const exit = lab.node("exit");
  await expect(lab.node("server")).toReach(exit, { port: 7 });
  await expect(lab.node("router")).toBeDenied(exit, { port: 7, allowed: { port: 80 } });
});

test.concurrent("by port: the family has a server's 80, not its 8080", async ({ lab }) => {
  const denied = { port: 8080, allowed: { port: 80 } };
  await expect(lab.node("phone")).toBeDenied(lab.node("server"), denied);
});

test.concurrent("by port, over IPv6", async ({ lab }) => {
  const denied = { port: 7, by: "ipv6", allowed: { port: 80 } } as const;
  await expect(lab.node("phone")).toBeDenied(lab.node("workstation"), denied);
});

test.concurrent("by protocol: the family has a server's TCP 7, not its UDP 7", async ({ lab }) => {
  const denied = { port: 7, protocol: "udp", allowed: { port: 7 } } as const;
  await expect(lab.node("phone")).toBeDenied(lab.node("server"), denied);
});

test.concurrent("by direction: alice may use bob's echo, bob not hers", async ({ lab }) => {
  const [laptop, phone] = [lab.node("laptop"), lab.node("phone")];
  await expect(laptop).toReach(phone, { port: 7 });
  await expect(phone).toBeDenied(laptop, { port: 7, allowed: { port: 80 } });
});

test.concurrent("by direction: a server answers pings of the laptop, and may not ping it", async ({
  lab,
}) => {
  const denied = { protocol: "icmp", allowed: { protocol: "icmp", back: true } } as const;
  await expect(lab.node("server")).toBeDenied(lab.node("laptop"), denied);
});

test("a port opened and closed again at run time", async ({ lab, onTestFinished }) => {
  const [phone, server] = [lab.node("phone"), lab.node("server")];
  const port = 8080;
  const closed = await getPolicy(lab.running);
  onTestFinished(() => setPolicy(lab.running, closed));
  await expect(phone).toFailToReach(server, { port, as: "timeout" });

  const { tests: _, ...rules } = parse(closed, [], { allowTrailingComma: true });
  const opening = { src: ["bob@"], dst: ["tag:server"], ip: [`tcp:${port}`] };
  const opened = { ...rules, grants: [...rules.grants, opening] };
  await setPolicy(lab.running, JSON.stringify(opened));
  // The kernel repeats its SYN: the first after the effect gets through.
  await expect(phone).toReach(server, { port, seconds: 15 });

  await setPolicy(lab.running, closed);
  const host = await hostOf(server, "ipv4");
  const attempt = () => reach(phone, { host, port, protocol: "tcp", service: "http" });
  await expect.poll(async () => (await attempt()).outcome, { timeout: 20_000 }).toBe("timeout");
  await expect(phone).toBeDenied(server, { port, allowed: { port: 80 } });
});
