/**
 * Whether this machine may be changed: programs installed or built, services started, modules loaded, rules put
 * into the host's firewall. TAILNET_LAB_INSTALL=0 forbids all of it.
 */
export function mayChangeMachine(): boolean {
  return process.env.TAILNET_LAB_INSTALL !== "0";
}

/** Why something was not done: `… TAILNET_LAB_INSTALL=0 forbids to load the module tun`. */
export function forbidden(change: string): string {
  return `TAILNET_LAB_INSTALL=0 forbids to ${change}`;
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}
