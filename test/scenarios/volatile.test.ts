import { expect, test } from "vitest";
import { withoutVolatile } from "../../scenarios/cases/volatile.ts";

test.each([
  [
    "addresses of the tailnet",
    ["100.64.0.4  server  tagged-devices", "pong from server (100.64.0.4)"],
    ["100.64.0.9  server  tagged-devices", "pong from server (100.64.0.9)"],
  ],
  [
    "what a peer was used for",
    ["100.64.0.4 server tagged-devices linux -"],
    ['100.64.0.4 server tagged-devices linux active; relay "fra", tx 412 rx 300'],
  ],
  [
    "how a peer that is gone was used",
    ['100.64.0.4 server tagged-devices linux active; relay "fra"; offline, tx 624 rx 0'],
    ["100.64.0.4 server tagged-devices linux offline, last seen 2m ago"],
  ],
  ["how long something took", ["pong via DERP(fra) in 2ms"], ["pong via DERP(nyc) in 15ms"]],
  ["counters", ["drop counter packets 3 bytes 180"], ["drop counter packets 12 bytes 720"]],
  ["how many packets", ["has dropped 18 packets"], ["has dropped 79 packets"]],
  ["the widths of columns", ["ID | Hostname | Approved"], ["ID  | Hostname    | Approved"]],
])("%s are of one moment and lab", (_, one, other) => {
  expect(withoutVolatile(one)).toEqual(withoutVolatile(other));
});

test.each([
  ["that two addresses are one", ["100.64.0.2", "100.64.0.2"], ["100.64.0.2", "100.64.0.5"]],
  ["MagicDNS", ["nameserver 100.100.100.100"], ["nameserver 100.64.0.1"]],
  [
    "that a peer is offline",
    ["100.64.0.4 server bob linux offline, last seen 1m ago"],
    ["100.64.0.4 server bob linux -"],
  ],
  [
    "that a peer is the exit node",
    ["100.64.0.3 exit bob linux active; exit node; direct 198.18.1.2:41641, tx 1 rx 1"],
    ["100.64.0.3 exit bob linux idle; offers exit node"],
  ],
  ["that nothing is lost", ["0% packet loss"], ["4% packet loss"]],
  ["that all is lost", ["100% packet loss"], ["98% packet loss"]],
  ["a direct path", ["pong via DERP(fra) in 2ms"], ["pong via 198.18.1.2:41641 in 2ms"]],
  ["a word of another version", ["* UDP: false"], ["* Udp: false"]],
  ["a port", ["port 80 refused"], ["port 8000 refused"]],
  ["a line", ["a\nb"], ["a"]],
])("%s is none of it", (_, one, other) => {
  expect(withoutVolatile(one)).not.toEqual(withoutVolatile(other));
});

test("a node's number at Headscale, by which an exit node is told that is gone, is another in each lab", () => {
  const [one, two] = ["1", "12"].map(
    (id) => `laptop uses exit node ${id}, which is none of its peers`,
  );
  expect(withoutVolatile([one ?? ""])).toEqual(withoutVolatile([two ?? ""]));
});
