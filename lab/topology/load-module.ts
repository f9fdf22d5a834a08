import path from "node:path";
import { pathToFileURL } from "node:url";
import { LabError } from "../errors.ts";
import { unreadable } from "./unreadable.ts";

/** Runs a module and gives its default export, whatever that is. Throws LabError `TopologyUnreadable`. */
export async function loadModule(file: string): Promise<unknown> {
  const url = pathToFileURL(file).href;
  const module: { default?: unknown } = await import(url).catch((cause: unknown) => {
    if (cause instanceof LabError) throw cause;
    throw unreadable(file, thrownText(cause, file), {
      remedy: /Cannot find (package|module)/.test(String(cause))
        ? "install what it imports (npm install), or mend the import"
        : "mend the module; `node FILE` shows the same error",
      cause,
    });
  });
  if (module.default === undefined) {
    throw unreadable(file, "it has no default export", {
      remedy: "write `export default defineLab({ … })`",
    });
  }
  return module.default;
}

/** An error's message, with the line of the module where Node tells it (`file:///…/lab.ts:3`). */
function thrownText(thrown: unknown, file: string): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const stack = thrown.stack ?? "";
  const name = path.basename(file).replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const line = new RegExp(`${name}:(\\d+)`).exec(stack)?.[1];
  const place = line === undefined ? "" : ` (line ${line})`;
  return `${thrown.name}: ${thrown.message}${place}`;
}
