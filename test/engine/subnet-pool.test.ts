import { describe, expect, test } from "vitest";
import type { Engine } from "../../lab/engine/engine.ts";
import { reserveSubnets } from "../../lab/engine/subnet-pool.ts";

type FakeNetwork = { Labels?: Record<string, string>; IPAM?: { Config?: { Subnet: string }[] } };

function engineWith(...networks: FakeNetwork[]): Engine {
  return { listNetworks: async () => networks } as unknown as Engine;
}

const subnet = (Subnet: string, lab?: string): FakeNetwork => ({
  Labels: lab === undefined ? {} : { "tailnet-lab.lab": lab, "tailnet-lab.run": "stack" },
  IPAM: { Config: [{ Subnet }] },
});

/** The highest numbers are left free, so that a lab that runs meanwhile is not in the way. */
const lowerPart = subnet("198.19.0.0/17");

describe("claiming networks of Docker's", () => {
  test("takes the first run that no network of the engine overlaps", async () => {
    const engine = engineWith(
      lowerPart,
      subnet("198.19.130.0/24"),
      subnet("198.19.133.64/26"),
      subnet("172.17.0.0/16"),
      subnet("fd00::/64"),
      {},
    );
    await using two = await reserveSubnets(engine, 2);
    expect(two.first).toBe(128);
    await using three = await reserveSubnets(engine, 3);
    expect(three.first).toBe(134);
    await using another = await reserveSubnets(engine, 2);
    expect(another.first).toBe(131);
  });

  test("never gives the same to two at once, and gives it again afterwards", async () => {
    const engine = engineWith(lowerPart, subnet("198.19.128.0/18"));
    const pools = await Promise.all(Array.from({ length: 8 }, () => reserveSubnets(engine, 4)));
    const firsts = pools.map((pool) => pool.first).sort((a, b) => a - b);
    firsts.forEach((first, index) => {
      expect(first - (firsts[index - 1] ?? first - 4)).toBeGreaterThanOrEqual(4);
    });
    await Promise.all(pools.map((pool) => pool[Symbol.asyncDispose]()));
    await using again = await reserveSubnets(engine, 4);
    expect(again.first).toBe(192);
  });

  test("gives a lab its own again while it suffices", async () => {
    const kept = { first: 200, lab: "mine", run: "stack" };
    const own = subnet("198.19.200.0/24", "mine");
    {
      await using pool = await reserveSubnets(engineWith(lowerPart, own), 3, kept);
      expect(pool.first).toBe(200);
    }
    const crowded = engineWith(lowerPart, own, subnet("198.19.202.0/24", "other"));
    await using elsewhere = await reserveSubnets(crowded, 3, kept);
    expect(elsewhere.first).toBe(128);
  });

  test("says when nothing is left", async () => {
    await expect(reserveSubnets(engineWith(subnet("198.18.0.0/15")), 1)).rejects.toMatchObject({
      name: "PoolExhausted",
      remedy: expect.stringContaining("tailnet-lab clean"),
    });
    const nearlyFull = engineWith(lowerPart, subnet("198.19.128.0/18"), subnet("198.19.192.0/19"));
    await expect(reserveSubnets(nearlyFull, 33)).rejects.toMatchObject({ name: "PoolExhausted" });
  });
});
