import { homedir } from "node:os";
import { join } from "node:path";

/** Where set-up keeps what it made, for all labs of this user. */
export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "tailnet-lab");
}

/** Whether set-up may install programs and start services on this machine. */
export function mayInstall(): boolean {
  return process.env.TAILNET_LAB_INSTALL !== "0";
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}
