import { describe, expect, test } from "vitest";
import { basePackages, imageRef, programRecipe } from "../../lab/images/recipes.ts";

describe("imageRef", () => {
  test("names program, version and content", () => {
    expect(imageRef({ program: "tailscale", version: "1.102.5" })).toMatch(
      /^tailnet-lab\/tailscale:1\.102\.5-[0-9a-f]{12}$/,
    );
    expect(imageRef({ program: "base" })).toMatch(/^tailnet-lab\/base:bookworm-[0-9a-f]{12}$/);
  });

  test("differs by program and by version, and not from call to call", () => {
    const refs = [
      imageRef({ program: "tailscale", version: "1.102.5" }),
      imageRef({ program: "tailscale", version: "1.102.4" }),
      imageRef({ program: "derper", version: "1.102.5" }),
      imageRef({ program: "headscale", version: "0.29.3" }),
      imageRef({ program: "base" }),
    ];
    expect(new Set(refs.map((ref) => ref.split("-").at(-1))).size).toBe(refs.length);
    expect(imageRef({ program: "tailscale", version: "1.102.5" })).toBe(refs[0]);
  });
});

test("the base has what routers, DNS and services are run with", () => {
  expect(basePackages()).toEqual(expect.arrayContaining(["nftables", "dnsmasq-base", "socat"]));
  expect(basePackages().every((name) => /^[a-z0-9][a-z0-9+.-]+$/.test(name))).toBe(true);
});

test("a relay has no official image, and is of Tailscale's module", () => {
  const recipe = programRecipe({ program: "derper", version: "1.102.5" });
  expect(recipe.official).toBeUndefined();
  expect(recipe.module).toEqual({ path: "tailscale.com", version: "v1.102.5" });
});
