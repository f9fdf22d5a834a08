import { expect, test } from "vitest";
import { parseQueries } from "../../lab/observe/queries.ts";
import { parseSightings } from "../../lab/observe/sightings.ts";

test("a DNS server's log tells who asked what, and nothing of the answers", () => {
  const log = `tailnet-lab: ready
dnsmasq[19]: query[A] printer.corp.internal from 10.20.0.32
dnsmasq[19]: config printer.corp.internal is 10.20.0.30
dnsmasq[19]: query[AAAA] printer.corp.internal from fd7a:115c:a1e0::6
`;
  expect(parseQueries(log)).toEqual([
    { type: "A", name: "printer.corp.internal", from: "10.20.0.32" },
    { type: "AAAA", name: "printer.corp.internal", from: "fd7a:115c:a1e0::6" },
  ]);
});

test("a caller by IPv6 is the same to every service", () => {
  const log = `tailnet-lab: tcp-echo:7 saw [fd7a:115c:a1e0:0000:0000:0000:0000:0006]:54542
tailnet-lab: http:80 saw fd7a:115c:a1e0::6:55816
`;
  expect(parseSightings(log).map(({ from }) => from)).toEqual([
    "fd7a:115c:a1e0::6",
    "fd7a:115c:a1e0::6",
  ]);
});
