import { expect, test } from "vitest";
import type { Observation } from "../../lab/evidence/observation.ts";
import type { TailscaleObservations } from "../../lab/evidence/observations.ts";
import { ownFaults } from "../../lab/reproduce/own-faults.ts";

const unseen = { kind: "unseen", node: "laptop", argv: ["true"], why: "nobody asked" } as const;

/** What a machine says of which these commands were asked. */
function saying(values: Partial<Record<keyof TailscaleObservations, object>>) {
  const all = new Proxy({} as Record<string, Observation<unknown>>, {
    get: (_, name: string) => {
      const value = values[name as keyof TailscaleObservations];
      return value === undefined
        ? unseen
        : { kind: "seen", value, evidence: { node: "laptop", argv: ["tailscale", name] } };
    },
  });
  return all as unknown as TailscaleObservations;
}

const kindsOf = (values: Parameters<typeof saying>[0]) =>
  ownFaults(saying(values)).map(({ value }) => value);

test("a Tailscale that is stopped, and one that is logged out", () => {
  expect(kindsOf({ status: { backendState: "Stopped", tun: true } })).toEqual([
    "tailscale-stopped",
  ]);
  expect(kindsOf({ status: { backendState: "NeedsLogin", tun: true } })).toEqual(["logged-out"]);
  expect(kindsOf({ status: { backendState: "Running", tun: true } })).toEqual([]);
});

test("a node whose shields are up", () => {
  const prefs = { shieldsUp: true, advertisedRoutes: [], acceptsDns: true };
  expect(kindsOf({ prefs })).toEqual(["shields-up"]);
  expect(kindsOf({ prefs: { ...prefs, shieldsUp: false } })).toEqual([]);
});
