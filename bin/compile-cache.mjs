// Most of a command's start goes into compiling what it imports, and taking the types out of it: kept from
// one start to the next. Plain JavaScript, as it has to come before the first import.
import module from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

export function enableCompileCache() {
  try {
    const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
    // Absent before Node 22.8. Where the folder can't be written, Node goes on without it.
    module.enableCompileCache?.(join(cache, "tailnet-lab", "compiled"));
  } catch {
    // A user without a home directory.
  }
}
