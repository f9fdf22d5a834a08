import { stripVTControlCharacters } from "node:util";
import { type Engine, engineCall } from "../engine/engine.ts";
import { readLog } from "../engine/log.ts";
import { packFiles } from "../engine/tar.ts";
import { LabError } from "../errors.ts";
import { type ImageKey, label, type Plan } from "../plan/plan.ts";
import { settingsName } from "../plan/settings.ts";
import { sharedVolumes } from "../plan/volumes.ts";
import type { RunningLab } from "./running-lab.ts";

/** The policy in force, HuJSON. Empty where none was ever set: everyone may reach everything. */
export async function getPolicy(lab: RunningLab): Promise<string> {
  const { stdout, stderr, exitCode } = await lab.control.exec(["headscale", "policy", "get"]);
  if (exitCode === 0) return stdout;
  if (/policy not found/.test(stderr)) return "";
  throw new LabError("NodeFailed", `\`headscale policy get\`: ${headscaleMessage(stderr)}`, {
    where: "control",
    remedy: "see `tailnet-lab logs control`",
  });
}

/** Puts a policy in force; Headscale runs its tests first. Throws PolicyRejected with Headscale's words. */
export async function setPolicy(lab: RunningLab, text: string): Promise<void> {
  await askAboutPolicy(lab, "set", text);
}

/**
 * Runs the tests of the declared policy against the nodes that have joined. Where control took it over without
 * its tests, as they were about nodes that had yet to join, it comes into force as a whole now.
 * Throws PolicyRejected.
 */
export async function checkPolicy(lab: RunningLab): Promise<void> {
  const { stdout } = await lab.control.exec(["sh", "-c", `cat ${declared.policy} 2>/dev/null`]);
  if (stdout.trim() === "") return;
  const { stdout: inForce } = await lab.control.exec(["headscale", "policy", "get"]);
  const withoutTests = await lab.control.exec(["sh", "-c", `cat ${declared.withoutTests}`]);
  const isUntested = isSame(inForce, withoutTests.stdout);
  const state = isUntested ? "; until then it is in force without its tests" : "";
  await askAboutPolicy(lab, isUntested ? "set" : "check", stdout, state);
}

/**
 * Whether the policy in force has no rule that is about any node. Headscale then shows each node that joins to all that
 * are connected, and none of them to it.
 */
export async function hasNoRules(lab: RunningLab): Promise<boolean> {
  const filter = "http://127.0.0.1:9090/debug/filter";
  const { stdout, exitCode } = await lab.control.exec(["curl", "-sSf", "-m", "2", filter]);
  return exitCode === 0 && ["null", "[]"].includes(stdout.trim());
}

const current = `${sharedVolumes.settings}/current`;
const declared = {
  policy: `${current}/policy.hujson`,
  withoutTests: `${current}/policy-without-tests.hujson`,
};

function isSame(a: string, b: string): boolean {
  return a.trim() === b.trim();
}

/**
 * Has Headscale read a plan's policy before anything of the lab is made: one program, in a
 * container of its own that is gone afterwards. The policy's tests need the nodes, and come later.
 * Throws PolicyRejected with Headscale's message.
 */
export async function judgePolicy(
  engine: Engine,
  plan: Plan,
  imageRef: (key: ImageKey) => string,
): Promise<void> {
  const control = plan.containers.find(({ name }) => name === "control");
  const settings = plan.containers.find(({ name }) => name === settingsName);
  const files = settings?.files.filter(({ path }) => path.startsWith("/settings/control/")) ?? [];
  const hasPolicy = files.some(({ path }) => path.endsWith("/policy.hujson"));
  if (control === undefined || !hasPolicy) return;
  const container = await engineCall(
    engine.createContainer({
      Image: imageRef(control.image),
      Entrypoint: ["sh", "-c", judge],
      Labels: { [label.lab]: plan.lab, [label.run]: "policy" },
      HostConfig: { NetworkMode: "none" },
    }),
  );
  try {
    await engineCall(container.putArchive(packFiles(files), { path: "/" }));
    await engineCall(container.start());
    const { StatusCode } = await engineCall(container.wait());
    if (StatusCode !== 0) throw rejected(headscaleMessage(await readLog(container)));
  } finally {
    await engineCall(container.remove({ force: true }));
  }
}

const judge = `mkdir -p ${sharedVolumes.control}/headscale && cd /settings/control &&
  cp config.yaml derp.yaml dns-records.json ${sharedVolumes.control} &&
  exec headscale -c config.yaml policy set --force --bypass-grpc-and-access-database-directly -f policy.hujson`;

function rejected(message: string, state = ""): LabError {
  return new LabError("PolicyRejected", `Headscale rejects the policy: ${message}`, {
    where: "tailnet.policy",
    remedy: `correct the policy, or the test in it that does not hold${state}`,
  });
}

/** What control says of a policy that it rejects, as an error; undefined where it says something else. */
export function rejectionIn(words: string, state = ""): LabError | undefined {
  if (!words.startsWith("Headscale rejects the policy")) return undefined;
  return new LabError("PolicyRejected", words.replace(": Error: ", ": "), {
    where: "tailnet.policy",
    remedy: `correct the policy, and run the same command again${state}`,
  });
}

async function askAboutPolicy(
  lab: RunningLab,
  verb: "set" | "check",
  input: string,
  state?: string,
): Promise<void> {
  const { stderr, exitCode } = await lab.control.exec(
    ["headscale", "policy", verb, "-f", "/dev/stdin"],
    { input },
  );
  if (exitCode === 0) return;
  throw rejected(headscaleMessage(stderr), state);
}

/** What Headscale prints, without its log lines and the frame of its remote call. */
export function headscaleMessage(stderr: string): string {
  return stripVTControlCharacters(stderr)
    .split("\n")
    .filter((line) => line.trim() !== "" && !/^\d{4}-\d\d-\d\dT|^\{"level"/.test(line))
    .join("\n")
    .replace(/^Error: /, "")
    .replace(/^.*?rpc error: code = \w+ desc = /, "")
    .trim();
}
