import { expect, test } from "vitest";
import { runCheck } from "../../lab/doctor/check.ts";
import { homeRelayOutdated } from "../../lab/doctor/checks/home-relay-outdated.ts";
import { lookAtTailnet } from "../../lab/evidence/look.ts";
import { silent } from "./alterations.ts";
import { type Alteration, alteredSource, codes } from "./altered-source.ts";

interface Status {
  Self: { Relay: string };
  Peer: Record<string, { Relay: string }>;
}

/** At which relay a machine says that its one peer is at home. */
const knows = (machine: string, relay: string): Alteration => [
  machine,
  "tailscale status --json",
  ({ stdout }) => {
    const status = JSON.parse(stdout) as Status;
    for (const peer of Object.values(status.Peer)) peer.Relay = relay;
    return { stdout: JSON.stringify(status) };
  },
];
const noReply: Alteration = [
  "laptop",
  "tailscale ping",
  () => ({ exitCode: 1, stdout: "no reply\n" }),
];
const lost = [...silent, noReply];

test("TL309 explains that a peer does not answer on any path", async () => {
  expect(await codes("laptop router:80", [...lost, knows("laptop", "old")])).toEqual([
    "TL309 laptop",
  ]);
  expect(await codes("laptop router:80", [...lost, knows("router", "old")])).toEqual([
    "TL309 router",
  ]);
  expect(await codes("laptop router:80", [...lost, knows("laptop", "")])).toEqual(["TL309 laptop"]);
});

test("it is no cause where something came back, or both agree", async () => {
  expect(await codes("laptop router:80", [knows("laptop", "old")])).toEqual([]);
  expect(await codes("laptop router:80", [...silent, knows("laptop", "old")])).not.toContain(
    "TL309 laptop",
  );
  expect(await codes("laptop router:80", lost)).toEqual(["TL121 laptop"]);
});

test.each([
  ["where another knows no better, who has moved is restarted", "router", [knows("laptop", "old")]],
  ["where another knows better, who was not told is restarted", "laptop", []],
])("%s", async (_, restarted, alterations) => {
  const question = { from: "laptop", to: "router", port: 80, protocol: "tcp" as const };
  const seen = await lookAtTailnet(alteredSource([...lost, knows("laptop", "old")]), { question });
  const phone = (await lookAtTailnet(alteredSource(alterations))).tailscale.get("laptop");
  if (phone === undefined) throw new Error("there is no laptop");
  const observations = { ...seen, tailscale: new Map([...seen.tailscale, ["phone", phone]]) };
  const { findings } = runCheck(homeRelayOutdated, observations, question);
  expect(findings).toMatchObject([
    { code: "TL309", node: "laptop", fix: [`on ${restarted}: systemctl restart tailscaled`] },
  ]);
});
