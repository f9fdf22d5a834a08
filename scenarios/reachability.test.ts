import { vi } from "vitest";
import { getPolicy, setPolicy } from "../lab/running/policy.ts";
import { type Cell, expect, labTest, type ScenarioLab } from "./harness/index.ts";

const test = labTest(new URL("../topologies/homelab.ts", import.meta.url));

const all = ["tcp:7", "tcp:80", "udp:7"];
const served: Record<string, string[]> = {
  laptop: all,
  workstation: all,
  phone: all,
  server: [...all, "tcp:22", "tcp:8080"],
  router: all,
  exit: all,
};

/** What the homelab's policy lets each node use of each other. Where it is anything, ping goes too. */
const allowed: Record<string, Record<string, string[]>> = {
  // alice's
  laptop: {
    workstation: all,
    phone: all,
    server: [...all, "tcp:22", "tcp:8080"],
    router: all,
    exit: all,
  },
  workstation: {
    laptop: all,
    phone: all,
    server: [...all, "tcp:22", "tcp:8080"],
    router: all,
    exit: all,
  },
  // bob's
  phone: {
    laptop: ["tcp:80"],
    workstation: ["tcp:80"],
    server: ["tcp:7", "tcp:80"],
    router: ["tcp:80"],
    exit: [],
  },
  // tagged
  server: { laptop: [], workstation: [], phone: [], exit: all },
  router: { laptop: [], workstation: [], phone: [], exit: ["tcp:80"] },
  exit: { laptop: [], workstation: [], phone: [], server: [], router: [] },
};

/** These may use nothing of each other, so neither learns that the other is there. */
const strangers = ["server", "router"] as const;

test("all that the policy allows is reached, by address and by name", async ({ lab }) => {
  await expect(
    cells(lab, ["ipv4", "ipv6", "name"], (from, to) => {
      const services = allowed[from]?.[to] ?? [];
      return services.length > 0 ? [...services, "icmp"] : [];
    }),
  ).toAllBeReached();
});

test("nothing else is reached", async ({ lab }) => {
  await expect(
    cells(lab, ["ipv4", "ipv6"], (from, to) => {
      const services = allowed[from]?.[to];
      if (services === undefined) return [];
      const others = (served[to] ?? []).filter((service) => !services.includes(service));
      return services.length > 0 ? others : [...others, "icmp"];
    }),
  ).toAllMeetSilence();
});

test("who may use nothing of each other don't know each other's names", async ({ lab }) => {
  const [one, other] = strangers;
  await expect(lab.node(one)).toFindNoName(`${other}.tailnet.lab`);
  await expect(lab.node(other)).toFindNoName(`${one}.tailnet.lab`);
  await expect(lab.node(other)).toResolve("exit.tailnet.lab");
});

test("with a policy that allows everything, everything is reached", async ({
  lab,
  onTestFinished,
}) => {
  const declared = await getPolicy(lab.running);
  onTestFinished(() => setPolicy(lab.running, declared));
  await setPolicy(
    lab.running,
    JSON.stringify({
      tagOwners: { "tag:server": ["alice@"], "tag:router": ["alice@"], "tag:exit": ["alice@"] },
      grants: [{ src: ["*"], dst: ["*"], ip: ["*"] }],
    }),
  );
  const web = cells(lab, ["ipv4"], () => ["tcp:80"]);
  // The effect, at every node: a policy is in force nowhere at the same moment.
  await vi.waitFor(() => expect(web).toAllBeReached({ seconds: 3 }), { timeout: 30_000 });
  await expect(
    cells(lab, ["ipv4", "ipv6", "name"], (_, to) => [...(served[to] ?? []), "icmp"]),
  ).toAllBeReached();
});

/** A cell for each service, such as `udp:7` or `icmp`, that `services` names for two nodes. */
function cells(
  lab: ScenarioLab,
  ways: readonly Cell["by"][],
  services: (from: string, to: string) => readonly string[],
): Cell[] {
  const names = Object.keys(served);
  return names.flatMap((from) =>
    names
      .filter((to) => to !== from)
      .flatMap((to) =>
        services(from, to).flatMap((service) => {
          const [protocol, port] = service.split(":") as [Cell["protocol"], string?];
          return ways.map((by) => ({
            from: lab.node(from),
            to: lab.node(to),
            by,
            protocol,
            ...(port === undefined ? {} : { port: Number(port) }),
          }));
        }),
      ),
  );
}
