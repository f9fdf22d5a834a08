import path from "node:path";
import { pathToFileURL } from "node:url";
import { LabError } from "../errors.ts";
import { unreadable } from "./unreadable.ts";

/**
 * Runs a module and gives its default export, whatever that is. Throws LabError `TopologyUnreadable`; `UsageInvalid` for
 * a case's.
 */
export async function loadModule(file: string, what: "topology" | "case"): Promise<unknown> {
  const broken = (reason: string, details: { remedy: string; cause?: unknown }) =>
    what === "topology"
      ? unreadable(file, reason, details)
      : new LabError("UsageInvalid", `can't read the case: ${reason}`, { where: file, ...details });
  const url = pathToFileURL(file).href;
  const module: { default?: unknown } = await import(url).catch((cause: unknown) => {
    if (cause instanceof LabError) throw cause;
    throw broken(thrownText(cause, file), {
      remedy: remedyOf(String(cause), file),
      cause,
    });
  });
  if (module.default === undefined) {
    throw broken("it has no default export", {
      remedy:
        what === "topology"
          ? "write `export default defineLab({ … })`"
          : "`tailnet-lab case new NAME` writes one to start from",
    });
  }
  return module.default;
}

function remedyOf(thrown: string, file: string): string {
  if (/Cannot find (package|module)/.test(thrown))
    return "install what it imports (npm install), or mend the import";
  // `npm init` of a newer npm says so in package.json.
  if (/Unexpected token 'export'|Cannot use import statement outside a module/.test(thrown)) {
    const other = path.basename(file).replace(/\.([jt]s)$/, ".m$1");
    return `name it ${other}, or write "type": "module" in package.json: as it is, Node takes it for CommonJS`;
  }
  return "mend the module; `node FILE` shows the same error";
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
