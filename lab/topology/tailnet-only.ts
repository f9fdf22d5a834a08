import type { Service } from "./schema.ts";

/** Whether `tailscale serve` publishes a service, which itself listens on loopback. */
export function isTailnetOnly(service: Service): boolean {
  return "tailnetOnly" in service && service.tailnetOnly;
}
