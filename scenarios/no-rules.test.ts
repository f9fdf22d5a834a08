import { expect, labTest } from "./harness/index.ts";

/** Headscale shows each node of it to those that joined before, and never the other way round. */
const test = labTest({
  name: "no-rules",
  tailnet: { policy: { acls: [] } },
  networks: { home: { nat: "easy", lan: "192.168.1.0/24" } },
  nodes: {
    laptop: { kind: "tailscale", network: "home", user: "alice" },
    server: {
      kind: "tailscale",
      network: "internet",
      user: "bob",
      services: [{ kind: "http", port: 80 }],
    },
  },
});

test("a lab comes up whose policy lets nobody reach anybody", async ({ lab }) => {
  const [laptop, server] = [lab.node("laptop"), lab.node("server")];
  await expect(laptop).toFailToReach(server, { port: 80, as: ["timeout", "unreachable"] });
  await expect(server).toReach(server, { port: 80 });
});
