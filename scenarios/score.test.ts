import { expect, test, vi } from "vitest";
import { findCase } from "./cases/find-case.ts";
import { startLab } from "./harness/scenario-lab.ts";
import { lookAtHealthy, lookAtOne, lookAtPair, type Scored } from "./score/look.ts";
import { type Variant, variantsOf } from "./score/variants.ts";

/** A part of `npm run doctor:score`: a lab whose names, addresses and number of nodes are others than those of the cases. */

vi.setConfig({ testTimeout: 240_000 });

test("under other names: a cause is named first, of two both, and none where there is none", async () => {
  const route = await underOtherNames("route-not-approved");
  const service = await underOtherNames("service-down");
  await using lab = await startLab(route.loaded, { place: "score" });
  const { running } = lab;
  const whole = () => lookAtHealthy(running, undefined);
  expect(said(await whole()), "found in a healthy lab").toBe("nothing");
  for (const { theCase, name } of [route, service]) {
    const one = await lookAtOne(running, theCase, name);
    expect(said(one), `first of ${theCase.name}`).toBe(theCase.finding.code);
  }
  const pair = await lookAtPair(running, route.theCase, service.theCase);
  expect(said(pair), "named of two").toContain(route.theCase.finding.code);
  expect(said(pair), "named of two").toContain(service.theCase.finding.code);
  const healthy = await lookAtHealthy(running, { from: "notebook", to: "rack:80" });
  expect(said(healthy), "found where all is well again").toBe("nothing");
});

/** What the doctor answered. */
function said(scored: Scored): string {
  if (scored.kind === "one") return scored.first;
  if (scored.kind === "left-out") return `left out: ${scored.why}`;
  return scored.named.join(", ") || "nothing";
}

async function underOtherNames(name: string): Promise<Variant> {
  const variants = await variantsOf(await findCase(name));
  const variant = variants.find((each) => each.name === "other names");
  if (variant === undefined) throw new Error(`${name} has no variant of other names`);
  return variant;
}
