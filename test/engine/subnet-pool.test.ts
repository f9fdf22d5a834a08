import { describe, expect, test } from "vitest";
import type { Engine } from "../../lab/engine/engine.ts";
import { reserveSubnets } from "../../lab/engine/subnet-pool.ts";

type FakeNetwork = { Labels?: Record<string, string>; IPAM?: { Config?: { Subnet: string }[] } };

function engineWith(...networks: FakeNetwork[]): Engine {
  const info = async () => ({ ID: "an engine" });
  return { listNetworks: async () => networks, info } as unknown as Engine;
}

const subnet = (Subnet: string, lab?: string): FakeNetwork => ({
  Labels: lab === undefined ? {} : { "tailnet-lab.lab": lab, "tailnet-lab.run": "stack" },
  IPAM: { Config: [{ Subnet }] },
});

/** The highest numbers are left free, so that a lab that runs meanwhile is not in the way. */
const lowerPart = subnet("198.19.0.0/17");

const names = (count: number, prefix = "net") =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);
const numbers = ({ subnets }: { subnets: Record<string, number> }) => Object.values(subnets);

describe("reserving Docker's subnets", () => {
  test("takes those that no network of the engine overlaps", async () => {
    const engine = engineWith(
      lowerPart,
      subnet("198.19.130.0/24"),
      subnet("198.19.133.64/26"),
      subnet("172.17.0.0/16"),
      subnet("fd00::/64"),
      {},
    );
    await using five = await reserveSubnets(engine, names(5));
    expect(five.subnets).toEqual({ net0: 128, net1: 129, net2: 131, net3: 132, net4: 134 });
    await using another = await reserveSubnets(engine, names(1));
    expect(numbers(another)).toEqual([135]);
  });

  test("never gives the same to two at once, and gives it again afterwards", async () => {
    const engine = engineWith(lowerPart, subnet("198.19.128.0/18"));
    const all = await Promise.all(
      Array.from({ length: 8 }, () => reserveSubnets(engine, names(4))),
    );
    const given = all.flatMap(numbers);
    expect(new Set(given).size).toBe(32);
    await Promise.all(all.map((each) => each[Symbol.asyncDispose]()));
    await using again = await reserveSubnets(engine, names(4));
    expect(numbers(again)).toEqual([192, 193, 194, 195]);
  });

  test("gives a segment its own again, whatever comes and goes beside it", async () => {
    const kept = { subnets: { a: 200, b: 201 }, lab: "mine", run: "stack" };
    const own = [subnet("198.19.200.0/24", "mine"), subnet("198.19.201.0/24", "mine")];
    {
      await using same = await reserveSubnets(engineWith(lowerPart, ...own), ["c", "b", "a"], kept);
      expect(same.subnets).toMatchObject({ a: 200, b: 201 });
      // The network of a segment that is gone is on the engine still.
      expect([200, 201]).not.toContain(same.subnets.c);
    }
    {
      await using less = await reserveSubnets(engineWith(lowerPart, ...own), ["b", "d"], kept);
      expect(less.subnets.b).toBe(201);
      expect(less.subnets.d).not.toBe(200);
    }
    const crowded = engineWith(lowerPart, subnet("198.19.200.0/24", "other"));
    await using elsewhere = await reserveSubnets(crowded, ["a", "b"], kept);
    expect(elsewhere.subnets).toEqual({ a: 128, b: 201 });
  });

  test("says when nothing is left", async () => {
    await expect(
      reserveSubnets(engineWith(subnet("198.18.0.0/15")), names(1)),
    ).rejects.toMatchObject({
      name: "PoolExhausted",
      remedy: expect.stringContaining("tailnet-lab clean"),
    });
    const nearlyFull = engineWith(lowerPart, subnet("198.19.128.0/18"), subnet("198.19.192.0/19"));
    await expect(reserveSubnets(nearlyFull, names(33))).rejects.toMatchObject({
      name: "PoolExhausted",
    });
  });
});
