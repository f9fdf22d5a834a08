import { expect, labTest } from "./harness/index.ts";

const test = labTest(new URL("../topologies/homelab.ts", import.meta.url));

test("two easy NATs: direct", async ({ lab }) => {
  await expect(lab.node("laptop")).toBeDirectTo(lab.node("phone"));
});

test("two hard NATs: through a relay", async ({ lab }) => {
  await expect(lab.node("workstation")).toBeRelayedTo(lab.node("server"));
});

test("a hard NAT and a public address: direct", async ({ lab }) => {
  await expect(lab.node("workstation")).toBeDirectTo(lab.node("exit"));
});
