import { describe, expect, test } from "vitest";
import { lastPath, parsePing } from "../../lab/observe/ping.ts";

describe("tailscale ping", () => {
  test("DERP first, then direct: all pongs, in their order", () => {
    const text = `pong from phone (100.64.0.4) via DERP(fra) in 2ms
pong from phone (100.64.0.4) via 198.18.184.145:41641 in 1.052s
`;
    expect(parsePing(text)).toEqual({
      outcome: "answered",
      pongs: [
        { path: "derp", via: "fra", latencyMs: 2 },
        { path: "direct", via: "198.18.184.145:41641", latencyMs: 1052 },
      ],
    });
  });

  test("IPv6 endpoints and peer relays", () => {
    const text = `pong from exit (100.64.0.1) via [2001:db8::118:0]:41641 in 0s
pong from exit (100.64.0.1) via peer-relay(198.18.3.4:40000:vni:1) in 3ms`;
    expect(parsePing(text)).toMatchObject({
      pongs: [
        { path: "direct", via: "[2001:db8::118:0]:41641", latencyMs: 0 },
        { path: "peer-relay", via: "198.18.3.4:40000:vni:1", latencyMs: 3 },
      ],
    });
  });

  test("a late pong after losses still counts; the complaint that it is not direct does not", () => {
    const text = `ping "100.64.0.5" timed out
pong from server (100.64.0.5) via DERP(nyc) in 4ms
direct connection not established`;
    expect(lastPath(parsePing(text), "laptop", "server")).toEqual({
      path: "derp",
      via: "nyc",
      latencyMs: 4,
    });
  });

  test("no answer is a result, its own address and an unknown peer are not", () => {
    const silent = parsePing('ping "100.64.0.5" timed out\nping "100.64.0.5" timed out\nno reply');
    expect(silent).toEqual({ outcome: "no-reply" });
    expect(lastPath(silent, "laptop", "server")).toBeUndefined();

    const own = parsePing("100.64.0.6 is local Tailscale IP");
    expect(own).toEqual({ outcome: "self" });
    expect(() => lastPath(own, "laptop", "laptop")).toThrow("the node itself");

    const unknown = parsePing("no matching peer");
    expect(unknown).toEqual({ outcome: "error", output: "no matching peer" });
    expect(() => lastPath(unknown, "laptop", "x")).toThrow("no matching peer");
  });
});
