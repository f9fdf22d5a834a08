import { dirname } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { type Engine, engineCall } from "../engine/engine.ts";
import { readLog } from "../engine/log.ts";
import { LabError } from "../errors.ts";
import { headscaleConfigPath, policyPath } from "../plan/headscale-config.ts";
import { type ImageKey, label, type Plan } from "../plan/plan.ts";
import { onVolume } from "../plan/volume.ts";
import type { RunningLab } from "./running-lab.ts";

/** The policy in force, HuJSON. Empty where none was ever set: everyone may reach everything. */
export async function getPolicy(lab: RunningLab): Promise<string> {
  const { stdout, stderr, exitCode } = await lab.control.exec(["headscale", "policy", "get"]);
  if (exitCode === 0) return stdout;
  if (/policy not found/.test(stderr)) return "";
  throw new LabError("NodeFailed", `\`headscale policy get\`: ${headscaleWords(stderr)}`, {
    where: "control",
    remedy: "see `tailnet-lab logs control`",
  });
}

/** Puts a policy in force; Headscale runs its tests first. Throws PolicyRejected with Headscale's words. */
export async function setPolicy(lab: RunningLab, text: string): Promise<void> {
  await askAboutPolicy(lab, "set", text);
}

/** Runs the tests of the policy in force against the nodes that have joined. Throws PolicyRejected. */
export async function checkPolicy(lab: RunningLab): Promise<void> {
  const text = await getPolicy(lab);
  if (text.trim() !== "") await askAboutPolicy(lab, "check", text);
}

/**
 * Has Headscale read a plan's policy before anything of the lab is made: one program, in a
 * container of its own that is gone afterwards. The policy's tests need the nodes, and come later.
 * Throws PolicyRejected with Headscale's words.
 */
export async function judgePolicy(
  engine: Engine,
  plan: Plan,
  imageRef: (key: ImageKey) => string,
): Promise<void> {
  const control = plan.containers.find(({ name }) => name === "control");
  const contentOf = (path: string) => control?.files.find((file) => file.path === path)?.content;
  const policy = contentOf(policyPath);
  if (control === undefined || policy === undefined) return;
  const container = await engineCall(
    engine.createContainer({
      Image: imageRef(control.image),
      Entrypoint: ["sh", "-c", judge],
      Env: [`POLICY=${policy}`, `CONFIG=${contentOf(headscaleConfigPath)}`],
      Labels: { [label.lab]: plan.lab, [label.run]: "policy" },
      HostConfig: { NetworkMode: "none" },
    }),
  );
  try {
    await engineCall(container.start());
    const { StatusCode } = await engineCall(container.wait());
    if (StatusCode !== 0) throw rejected(headscaleWords(await readLog(container)));
  } finally {
    await engineCall(container.remove({ force: true }));
  }
}

const judge = `mkdir -p ${dirname(headscaleConfigPath)} ${onVolume.headscale} &&
  printf %s "$CONFIG" > ${headscaleConfigPath} && printf %s "$POLICY" > ${policyPath} &&
  exec headscale policy set --force --bypass-grpc-and-access-database-directly -f ${policyPath}`;

function rejected(words: string): LabError {
  return new LabError("PolicyRejected", `Headscale rejects the policy: ${words}`, {
    where: "tailnet.policy",
    remedy: "correct the policy, or the test in it that does not hold",
  });
}

async function askAboutPolicy(
  lab: RunningLab,
  verb: "set" | "check",
  input: string,
): Promise<void> {
  const { stderr, exitCode } = await lab.control.exec(
    ["headscale", "policy", verb, "-f", "/dev/stdin"],
    { input },
  );
  if (exitCode === 0) return;
  throw rejected(headscaleWords(stderr));
}

/** What Headscale says, without its log lines and the frame of its remote call. */
export function headscaleWords(stderr: string): string {
  return stripVTControlCharacters(stderr)
    .split("\n")
    .filter((line) => line.trim() !== "" && !/^\d{4}-\d\d-\d\dT|^\{"level"/.test(line))
    .join("\n")
    .replace(/^Error: /, "")
    .replace(/^.*?rpc error: code = \w+ desc = /, "")
    .trim();
}
