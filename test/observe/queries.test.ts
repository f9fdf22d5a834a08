import { expect, test } from "vitest";
import { parseQueries } from "../../lab/observe/queries.ts";

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
