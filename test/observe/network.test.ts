import { describe, expect, test } from "vitest";
import { parseAccessLog } from "../../lab/observe/access-log.ts";
import { parseConntrack } from "../../lab/observe/conntrack.ts";
import { parseAhosts, parseDig } from "../../lab/observe/resolve.ts";
import { fixture } from "./fixture.ts";

describe("conntrack -L", () => {
  const flows = parseConntrack(fixture("conntrack.txt"));

  test("every line is a flow", () => {
    expect(flows).toHaveLength(fixture("conntrack.txt").trim().split("\n").length);
  });

  test("a masqueraded flow shows the inner address one way, the WAN's the other", () => {
    const toRelay = flows.find((flow) => flow.original.destinationPort === 3478 && flow.isAssured);
    expect(toRelay).toMatchObject({
      protocol: "udp",
      state: undefined,
      original: { source: "192.168.1.228", destination: "198.18.0.100", sourcePort: 41641 },
      reply: { source: "198.18.0.100", destination: "198.18.82.189", destinationPort: 41641 },
      isReplied: true,
    });
  });

  test("TCP has a state; what was not answered says so", () => {
    expect(flows.find((flow) => flow.protocol === "tcp")?.state).toBe("ESTABLISHED");
    expect(flows.some((flow) => !flow.isReplied && !flow.isAssured)).toBe(true);
  });

  test("ICMP has no ports", () => {
    const line =
      "icmp     1 29 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=7 src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=7 mark=0 use=1";
    expect(parseConntrack(line)[0]?.original).toEqual({
      source: "10.0.0.1",
      destination: "10.0.0.2",
      sourcePort: undefined,
      destinationPort: undefined,
    });
  });
});

describe("names", () => {
  test("getent prints an address for each socket type; it counts once", () => {
    expect(parseAhosts(fixture("ahosts.txt"))).toEqual(["198.18.135.43", "2001:db8::135:43"]);
  });

  test("dig: found, no such name, no answer", () => {
    expect(parseDig(fixture("dig-found.txt"), "A")).toEqual({
      status: "NOERROR",
      answers: ["100.64.0.5"],
    });
    expect(parseDig(fixture("dig-nxdomain.txt"), "A")).toEqual({ status: "NXDOMAIN", answers: [] });
    expect(parseDig(fixture("dig-refused.txt"), "A")).toEqual({ status: "NOANSWER", answers: [] });
  });

  test("an alias is no address", () => {
    const text = `;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1
a.lab.	5	IN	CNAME	b.lab.
b.lab.	5	IN	A	198.18.0.7`;
    expect(parseDig(text, "A").answers).toEqual(["198.18.0.7"]);
  });
});

test("services say whom they saw; other lines are not theirs", () => {
  const log = `tailnet-lab: ready
tailnet-lab: http:80 saw 100.64.0.6:51512
2026/11/23 18:55:51 tailnet-lab: http:80 saw nothing
tailnet-lab: tcp-echo:7 saw fd7a:115c:a1e0::6:40000
`;
  expect(parseAccessLog(log)).toEqual([
    { service: "http", port: 80, from: "100.64.0.6" },
    { service: "tcp-echo", port: 7, from: "fd7a:115c:a1e0::6" },
  ]);
});
