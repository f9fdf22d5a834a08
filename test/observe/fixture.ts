import { readFileSync } from "node:fs";

/** What a program printed in a real lab: Tailscale 1.102.5, Headscale 0.29.3, Debian 12. */
export function fixture(name: string): string {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url), "utf8");
}
