import { readFileSync } from "node:fs";
import { parse } from "jsonc-parser";
import { queriesOf } from "../lab/observe/queries.ts";
import { resolveName } from "../lab/observe/resolve.ts";
import homelab from "../topologies/homelab.ts";
import { expect, labTest } from "./harness/index.ts";
import { hostOf } from "./harness/matchers/target.ts";

const policy = readFileSync(
  new URL("../topologies/homelab.policy.hujson", import.meta.url),
  "utf8",
);

/** The homelab, and a tablet of bob's that leaves its DNS as it is. */
const test = labTest({
  ...homelab,
  tailnet: { ...homelab.tailnet, policy: parse(policy, [], { allowTrailingComma: true }) },
  nodes: {
    ...homelab.nodes,
    tablet: { kind: "tailscale", network: "home", user: "bob", acceptDns: false },
  },
});

test("MagicDNS knows nodes by short and by full name", async ({ lab }) => {
  const to = await hostOf(lab.node("server"), "ipv4");
  await Promise.all(
    ["laptop", "phone", "exit"].flatMap((name) => [
      expect(lab.node(name)).toResolve("server", { to }),
      expect(lab.node(name)).toResolve("server.tailnet.lab", { to }),
    ]),
  );
});

test("an extra record of the tailnet", async ({ lab }) => {
  await expect(lab.node("phone")).toResolve("printer.tailnet.lab", { to: "10.20.0.30" });
});

test("split DNS: the inner server answers, asked by way of the subnet router", async ({ lab }) => {
  await expect(lab.node("laptop")).toResolve("wiki.corp.internal", { to: "10.20.0.10" });
  const question = { type: "A", name: "wiki.corp.internal" };
  const router = lab.node("router").spec.addresses[0];
  expect(await queriesOf(lab.node("office-dns"))).toContainEqual({ ...question, from: router });
  const elsewhere = await queriesOf(lab.node("dns"));
  expect(elsewhere.filter(({ name }) => name === question.name)).toEqual([]);
});

test("names of the internet are asked at the global resolver", async ({ lab }) => {
  const to = await hostOf(lab.node("www"), "ipv4");
  await expect(lab.node("laptop")).toResolve("www.example.com", { to });
  const [from] = lab.node("router-home").spec.addresses;
  expect(await queriesOf(lab.node("dns"))).toContainEqual({
    type: "A",
    name: "www.example.com",
    from,
  });
});

test("what does not exist is NXDOMAIN, by whomever it is to be answered", async ({ lab }) => {
  const laptop = lab.node("laptop");
  await Promise.all(
    ["nobody", "nobody.tailnet.lab", "nowhere.corp.internal", "nowhere.example.com"].map((name) =>
      expect(laptop).toFindNoName(name),
    ),
  );
});

test("a node that does not accept the tailnet's DNS knows the internet's names alone", async ({
  lab,
}) => {
  const tablet = lab.node("tablet");
  expect(await resolveName(tablet, "www.example.com")).toContain(
    await hostOf(lab.node("www"), "ipv4"),
  );
  expect(await resolveName(tablet, "server")).toEqual([]);
  expect(await resolveName(tablet, "server.tailnet.lab")).toEqual([]);
  await expect(tablet).toReach(lab.node("server"), { port: 80 });
});
