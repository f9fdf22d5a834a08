import { diagnose } from "../lab/doctor/diagnose.ts";
import { liveSource } from "../lab/evidence/live.ts";
import { lookAtTailnet } from "../lab/evidence/look.ts";
import { waitReady } from "../lab/running/ready.ts";
import { expect, labTest } from "./harness/index.ts";
import { hostOf } from "./harness/matchers/target.ts";

const test = labTest(new URL("../topologies/tailnet-only.yaml", import.meta.url));

/** In the office's LAN. */
const serverInLan = "10.20.0.10";

test("a published service is reached over the tailnet, and sees who calls", async ({ lab }) => {
  const [laptop, server] = [lab.node("laptop"), lab.node("server")];
  const own = await hostOf(laptop, "ipv4");
  await expect(laptop).toReach(server, { port: 80, by: "ipv4", seenFrom: own });
  await expect(laptop).toReach(server, { port: 80, by: "ipv6" });
  await expect(laptop).toReach(server, { port: 22 });
  const log = await server.log({ tail: 20 });
  expect(log).toContain(`tcp-echo:22 saw ${own}:`);
});

test("its LAN is refused, and reaches what is not published so", async ({ lab }) => {
  const desk = lab.node("desk");
  await expect(desk).toReach(serverInLan, { port: 8080 });
  await expect(desk).toFailToReach(serverInLan, { port: 80, as: "refused" });
  await expect(desk).toFailToReach(serverInLan, { port: 22, as: "refused" });
});

test("the policy says who may use it", async ({ lab }) => {
  const denied = { port: 80, allowed: { port: 8080 } };
  await expect(lab.node("phone")).toBeDenied(lab.node("server"), denied);
});

test("it is published again by a machine that restarts, and by one that was logged out", async ({
  lab,
}) => {
  const [laptop, server] = [lab.node("laptop"), lab.node("server")];
  await (await lab.inject({ kind: "logged-out", node: "server" }))[Symbol.asyncDispose]();
  await expect(laptop).toReach(server, { port: 80, seconds: 15 });
  await server.restart();
  await waitReady([server]);
  await expect(laptop).toReach(server, { port: 80, seconds: 15 });
});

test("without the service behind it, the doctor says so", async ({ lab }) => {
  const question = { from: "laptop", to: "server", protocol: "tcp", port: 80 } as const;
  const asked = async () =>
    diagnose(await lookAtTailnet(await liveSource(lab.running), { question }), question);
  expect((await asked()).findings.filter(({ severity }) => severity !== "info")).toEqual([]);
  await using _ = await lab.inject({ kind: "service-down", node: "server", port: 80 });
  expect((await asked()).findings[0]).toMatchObject({ code: "TL129", node: "server" });
});
