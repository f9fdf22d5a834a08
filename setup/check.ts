import type { Engine } from "../lab/engine/engine.ts";
import { capacityFault } from "../lab/engine/preflight/capacity.ts";
import { type EngineFacts, engineName, unsupported } from "../lab/engine/preflight/engine-facts.ts";
import { featureNames, features } from "../lab/engine/preflight/features.ts";
import { probeEngine } from "../lab/engine/preflight/probe.ts";
import type { LabError } from "../lab/errors.ts";
import { forbidden, mayChangeMachine } from "../lab/machine-changes.ts";
import { type Lack, type Look, lackText } from "./look.ts";
import { faultsOf, readCapacity } from "./preflight.ts";

/** One thing that a lab needs of a machine. */
export interface Checked {
  check: string;
  /** `later`: `up` sees to it. `unknown`: it could not be tried. `failed`: `up` would end with this error. */
  state: "ok" | "later" | "unknown" | "failed";
  /** What was found, or what is wrong. */
  detail: string;
  error: string | null;
  remedy: string | null;
}

/** What the look around found of the engine, Terraform and the images. */
export function checkedLook({ engine, terraform, lacks }: Look, facts?: EngineFacts): Checked[] {
  const of = (part: Lack["part"]) => lacks.filter((lack) => lack.part === part);
  const lacking = (check: string, part: Lack["part"], error: string) =>
    of(part).map((lack): Checked => {
      const { missing, up, remedy } = lack;
      if (up.length > 0) return { ...good(check, lackText(lack)), state: "later" };
      return { check, state: "failed", detail: missing, error, remedy };
    });
  const checked = lacking("engine", "engine", "EngineMissing");
  if (facts !== undefined) {
    const refusal = unsupported(facts);
    checked.push(
      refusal === undefined
        ? good("engine", `${engineName(facts)}, kernel ${facts.kernel}`)
        : bad("engine", refusal),
    );
  }
  checked.push(...lacking("terraform", "terraform", "TerraformMissing"));
  if (terraform !== undefined) checked.push(good("terraform", terraform));
  checked.push(...lacking("images", "image", "ImageUnbuildable"));
  if (engine !== undefined && of("image").length === 0) {
    checked.push(good("images", "all on the engine"));
  }
  return checked;
}

/** Tries the engine's kernel and network, and whether a lab of so many containers has room there. */
export async function checkedEngine(
  engine: Engine,
  facts: EngineFacts,
  { image, hasImage, containers }: { image: string; hasImage: boolean; containers: number },
): Promise<Checked[]> {
  const names = features.map((feature) => featureNames[feature]);
  const own = await readCapacity(facts);
  if (!hasImage) {
    const why = `not tried: it needs the image ${image}, which is not on the engine yet`;
    const unknown = names.map((name): Checked => ({ ...good(name, why), state: "unknown" }));
    return [...unknown, room(containers, own)];
  }
  const result = await probeEngine(engine, image);
  const faults = faultsOf(facts, result);
  const tried = names.map((name, index) => {
    const at = result.lacking.indexOf(features[index] ?? "nat");
    const fault = faults[at];
    return fault === undefined ? good(name, "yes") : bad(name, fault);
  });
  return [...tried, room(containers, facts.isOwnKernel ? own : result.capacity), isolation()];
}

function room(containers: number, capacity: Parameters<typeof capacityFault>[1]): Checked {
  const fault = capacityFault(containers, capacity);
  if (fault !== undefined) return bad("room", fault);
  const free = Math.round((capacity.memoryBytes ?? 0) / 2 ** 20);
  return good("room", `${free} MiB for ${containers} containers`);
}

function isolation(): Checked {
  const check = "isolation enforced by the host's firewall";
  if (mayChangeMachine()) return good(check, "yes");
  return { ...good(check, `no: ${forbidden("put rules into it")}`), state: "unknown" };
}

function good(check: string, detail: string): Checked {
  return { check, state: "ok", detail, error: null, remedy: null };
}

function bad(check: string, { what, name, remedy }: LabError): Checked {
  return { check, state: "failed", detail: what, error: name, remedy: remedy ?? null };
}
