import { dnsOff, withDns } from "./breakage.ts";
import type { Mutation } from "./mutation.ts";
import { killNode, removeProgram, setPreference } from "./running.ts";

const scenario = "dns";

export const dnsMutations: readonly Mutation[] = [
  {
    name: "dns-off",
    scenario,
    test: "MagicDNS knows nodes",
    because:
      /resolves server(\.tailnet\.lab)?\nexpected: 100\.64\.0\.\d+\nseen: +getaddrinfo: nothing/,
    declared: (loaded) => withDns(loaded, dnsOff),
  },
  {
    name: "dns-getent-missing",
    scenario,
    test: "MagicDNS knows nodes",
    because: /laptop: .*getent/,
    applied: (lab) => removeProgram(lab.node("laptop"), "getent"),
  },
  {
    name: "dns-record-missing",
    scenario,
    test: "an extra record",
    because: /phone resolves printer\.tailnet\.lab\n.*\n.*\n +100\.100\.100\.100: NXDOMAIN/,
    declared: (loaded) => withDns(loaded, { extraRecords: [] }),
  },
  {
    name: "dns-inner-server-dead",
    scenario,
    test: "split DNS: the inner server",
    because:
      /laptop resolves wiki\.corp\.internal\n.*\nseen: +getaddrinfo: nothing\n.*(NOANSWER|SERVFAIL)/,
    applied: (lab) => killNode(lab.node("office-dns")),
  },
  {
    name: "dns-inner-server-not-asked",
    scenario,
    test: "split DNS: the inner server",
    because: /expected \[\] to deep equally contain \{ type: 'A'/,
    // The right answer, from another place.
    declared: (loaded) =>
      withDns(loaded, {
        extraRecords: [{ name: "wiki.corp.internal", type: "A", value: "10.20.0.10" }],
      }),
  },
  {
    name: "dns-internet-dead",
    scenario,
    test: "names of the internet",
    because:
      /laptop resolves www\.example\.com\n.*\nseen: +getaddrinfo: nothing\n.*(NOANSWER|SERVFAIL)/,
    applied: (lab) => killNode(lab.node("dns")),
  },
  {
    name: "dns-name-exists",
    scenario,
    test: "what does not exist",
    because:
      /laptop resolves nobody(\.tailnet\.lab)?\nexpected: NXDOMAIN\nseen: +getaddrinfo: 10\.20\.0\.30/,
    declared: (loaded) =>
      withDns(loaded, {
        extraRecords: [{ name: "nobody.tailnet.lab", type: "A", value: "10.20.0.30" }],
      }),
  },
  {
    name: "dns-accepted",
    scenario,
    test: "a node that does not accept",
    because: /expected \[ '100\.64\.0\.\d+' \] to deeply equal \[\]/,
    applied: (lab) => setPreference(lab.node("tablet"), "accept-dns", true, false),
  },
];
