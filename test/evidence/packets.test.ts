import { describe, expect, test } from "vitest";
import {
  listenArgv,
  listenedFrom,
  packetFilter,
  packetText,
  parseFlows,
  parsePackets,
  tcpdumpLine,
  whyDeaf,
} from "../../lab/evidence/packets.ts";
import recorded from "./recorded-packets.json" with { type: "json" };

const texts = (text: string, address: string) =>
  parsePackets(text, address).map((packet) => `${packet.kind} ${packetText(packet)}`);

describe("what tcpdump printed", () => {
  test("a connection whose answers leave by another gateway, which knows no way", () => {
    const to = "10.20.0.238";
    expect(new Set(texts(recorded.nosnat.router, to))).toEqual(
      new Set([
        "request tailscale0 In IP 100.64.0.1 > 10.20.0.238: Flags [S]",
        "request lan Out IP 100.64.0.1 > 10.20.0.238: Flags [S]",
      ]),
    );
    expect(texts(recorded.nosnat.printer, to).slice(0, 3)).toEqual([
      "request lan In IP 100.64.0.1 > 10.20.0.238: Flags [S]",
      "answer lan Out IP 10.20.0.238 > 100.64.0.1: Flags [S.]",
      "error lan In IP 10.20.0.1 > 10.20.0.238: ICMP net 100.64.0.1 unreachable",
    ]);
  });

  test("packets of one connection have its port, of one ping its id", () => {
    const flows = (text: string, address: string) =>
      new Set(parsePackets(text, address).map(({ flow }) => flow));
    expect(flows(recorded.refused.router, "100.64.0.2")).toEqual(new Set(["42818"]));
    expect(flows(recorded.ignored.laptop, "100.64.0.2")).toEqual(new Set(["id 24898"]));
    expect(flows(recorded.tcp6.laptop, "fd7a:115c:a1e0::2")).toEqual(new Set(["58718"]));
    expect(flows(recorded.ping6.router, "fd7a:115c:a1e0::2")).toEqual(new Set(["id 24899"]));
  });

  test("IPv6, a refusal, and a datagram that a kernel says to have no port for", () => {
    expect(texts(recorded.ping6.router, "fd7a:115c:a1e0::2").slice(0, 2)).toEqual([
      "request tailscale0 In IP fd7a:115c:a1e0::1 > fd7a:115c:a1e0::2: ICMP6 echo request",
      "answer tailscale0 Out IP fd7a:115c:a1e0::2 > fd7a:115c:a1e0::1: ICMP6 echo reply",
    ]);
    expect(texts(recorded.refused.laptop, "100.64.0.2")[1]).toBe(
      "answer tailscale0 In IP 100.64.0.2 > 100.64.0.1: Flags [R.]",
    );
    expect(texts(recorded.udp.printer, "10.20.0.238")).toEqual([
      "request lan In IP 10.20.0.32 > 10.20.0.238: UDP",
      "error lan Out IP 10.20.0.238 > 10.20.0.32: ICMP 10.20.0.238 udp port 99 unreachable",
    ]);
  });

  test("from when to when it listened, and nothing is claimed of one that did not", () => {
    expect(listenedFrom(recorded.ignored.router)).toEqual({
      from: Number("1796138321.007717064"),
      until: Number("1796138325.010665738"),
    });
    const absent =
      "timeout: failed to run command 'tcpdump': No such file or directory\nended at 1796138325.01\n";
    expect(whyDeaf(absent)).toMatch(/No such file/);
    const denied =
      "tcpdump: any: You don't have permission to perform this capture on that device\nended at 1.5\n";
    expect(whyDeaf(denied)).toMatch(/permission/);
    const old = recorded.ignored.router.replaceAll("LINUX_SLL2", "LINUX_SLL");
    expect(whyDeaf(recorded.ignored.router)).toBe(undefined);
    expect(whyDeaf(old)).toMatch(/tells no interfaces/);
  });
});

describe("what is listened to", () => {
  const wanted = {
    address: "10.20.0.238",
    peers: ["100.64.0.1", "fd7a::1"],
    protocol: "tcp",
  } as const;

  test("packets that open or refuse a connection, of no one else, and errors about them", () => {
    expect(packetFilter({ ...wanted, port: 80 })).toBe(
      "(ip and host 10.20.0.238 and (host 100.64.0.1) and tcp port 80 and tcp[tcpflags] & (tcp-syn|tcp-rst) != 0) or ((icmp[0] = 3 or icmp[0] = 11) and (icmp[20:4] = 0x0a1400ee or icmp[24:4] = 0x0a1400ee))",
    );
    expect(packetFilter({ ...wanted, bytes: 1280 })).toContain("ip[2:2] = 1280");
    expect(packetFilter({ ...wanted, address: "fd7a::2", port: 80 })).toContain(
      "ip6 and host fd7a::2 and (host fd7a::1) and tcp port 80 and ip6[53] & 6 != 0",
    );
  });

  test("no content of a datagram is printed, and no packet is kept whole", () => {
    const script = listenArgv("udp port 53", "udp", 2)[2] ?? "";
    expect(script).toMatch(/tcpdump .*-s 96 .*-q /);
    expect(script).not.toMatch(/ -[xXAvw]/);
  });

  test("what is shown can be typed", () => {
    expect(tcpdumpLine({ ...wanted, port: 80 })).toBe(
      "tcpdump -i any -nn 'host 10.20.0.238 and (tcp port 80 or icmp)'",
    );
    expect(tcpdumpLine({ ...wanted, address: "fd7a::2" })).toBe(
      "tcpdump -i any -nn 'host fd7a::2 and icmp6'",
    );
  });
});

test("conntrack: to whom an answer must go tells whether the machine masquerades", () => {
  expect(parseFlows(recorded.nosnat.conntrack)).toMatchObject([
    {
      flow: "37566",
      source: "100.64.0.1",
      answeredTo: "100.64.0.1",
      isReplied: false,
      line: "tcp SYN_SENT src=100.64.0.1 dst=10.20.0.238 [UNREPLIED] src=10.20.0.238 dst=100.64.0.1",
    },
    { flow: "37574", answeredTo: "100.64.0.1" },
    { protocol: "udp", flow: "49249", answeredTo: "10.20.0.32" },
  ]);
  const ping =
    "icmp     1 26 src=100.64.0.1 dst=10.20.0.238 type=8 code=0 id=24830 src=10.20.0.238 dst=100.64.0.1 type=0 code=0 id=24830 mark=0 use=1\n";
  expect(parseFlows(ping)).toMatchObject([{ flow: "id 24830", isReplied: true }]);
});
