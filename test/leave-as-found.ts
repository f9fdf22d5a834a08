import { afterAll, beforeAll, expect, vi } from "vitest";

/*
 * All files share a few processes: one that left its environment or its directory changed would change what another
 * finds, in some orders of them alone. So it fails itself.
 */

let found: unknown;
beforeAll(() => {
  found = surroundings();
});
afterAll(() => {
  vi.unstubAllEnvs();
  expect(surroundings(), "what this file has to put back").toEqual(found);
});

function surroundings(): unknown {
  return { directory: process.cwd(), environment: { ...process.env }, exitCode: process.exitCode };
}
