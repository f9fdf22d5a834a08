import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  contains,
  hasHostBits,
  overlaps,
  prefix,
  withoutHostBits,
} from "../../lab/topology/prefix.ts";
import { faultsOf } from "./declaration.ts";

const address = fc.ipV4();
const written = fc.tuple(address, fc.integer({ min: 0, max: 32 })).map(([ip, n]) => `${ip}/${n}`);
const written6 = fc
  .tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 }))
  .map(([ip, n]) => `${ip}/${n}`);

describe("prefixes", () => {
  test("span as many addresses as their length says", () => {
    fc.assert(
      fc.property(written, (text) => {
        const { first, last, length } = prefix(text);
        expect(last - first + 1n).toBe(2n ** BigInt(32 - length));
      }),
    );
  });

  test("lose their host bits and nothing else", () => {
    fc.assert(
      fc.property(fc.oneof(written, written6), (text) => {
        const cleaned = prefix(withoutHostBits(prefix(text)));
        expect(hasHostBits(cleaned)).toBe(false);
        expect({ ...cleaned, text: "", written: 0n }).toEqual({
          ...prefix(text),
          text: "",
          written: 0n,
        });
      }),
    );
  });

  test("overlap just where one contains the other", () => {
    fc.assert(
      fc.property(fc.oneof(written, written6), fc.oneof(written, written6), (a, b) => {
        const [one, other] = [prefix(a), prefix(b)];
        expect(overlaps(one, other)).toBe(contains(one, other) || contains(other, one));
      }),
    );
  });
});

test("an address is accepted in a LAN just where a machine could have it", () => {
  const last = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(fc.integer({ min: 24, max: 29 }), last, (length, host) => {
      const given = {
        name: "trial",
        networks: { lan: { nat: "easy", lan: `10.0.0.0/${length}` } },
        nodes: { machine: { kind: "host", network: "lan", address: `10.0.0.${host}` } },
      };
      const free = host > 1 && host < 2 ** (32 - length) - 1;
      expect(faultsOf(given)).toHaveLength(free ? 0 : 1);
    }),
  );
});

test("whatever is declared, the answer is a topology or an error of ours", () => {
  const word = fc.constantFrom("home", "cafe", "office", "internet", "laptop", "x");
  const network = fc.record(
    {
      nat: fc.constantFrom("none", "easy", "hard", 1),
      lan: fc.oneof(written, word),
      upstream: word,
    },
    { requiredKeys: [] },
  );
  const node = fc.record(
    {
      kind: fc.constantFrom("tailscale", "host", "hots"),
      network: word,
      user: word,
      tags: fc.array(fc.constantFrom("tag:a", "a")),
      address: address,
      useExitNode: word,
      exitNode: fc.boolean(),
      advertiseRoutes: fc.array(fc.oneof(written, written6)),
      services: fc.array(fc.record({ kind: fc.constantFrom("http", "dns"), port: fc.integer() })),
    },
    { requiredKeys: [] },
  );
  const given = fc.record(
    {
      name: fc.oneof(word, fc.anything()),
      networks: fc.oneof(fc.dictionary(word, network), fc.anything()),
      nodes: fc.oneof(fc.dictionary(word, node), fc.anything()),
      relays: fc.anything(),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(given, fc.anything()), (declared) => {
      // faultsOf throws on whatever is not a TopologyInvalid.
      for (const issue of faultsOf(declared)) expect(issue).toMatch(/^.+: .+; .+$/s);
    }),
    { numRuns: 500 },
  );
});
