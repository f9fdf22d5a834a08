import { homedir } from "node:os";
import { join } from "node:path";

/** Where set-up keeps what it made, for all labs of this user. */
export function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "tailnet-lab");
}

/** Something that is not there, and what becomes of it. */
export interface Missing {
  what: string;
  /** What set-up would do about it, a line each; none where it can't or may not. */
  changes: string[];
  /** What the reader can do where set-up would do nothing. */
  remedy: string;
}
