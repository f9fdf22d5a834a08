import { freemem, release, totalmem } from "node:os";
import { z } from "zod";
import { LabError } from "../../errors.ts";
import { type Engine, engineCall, isLocalEngine } from "../engine.ts";

/** What an engine says of itself, as far as a lab depends on it. */
export interface EngineFacts {
  id: string;
  version: string;
  /** Of its REST API: 1.41 is Docker Engine 20.10. */
  api: string;
  /** Of containers: linux or windows. */
  os: string;
  kernel: string;
  memoryBytes: number;
  kind: "docker" | "desktop" | "rootless" | "podman";
  /** Whether it is on this machine and runs containers on this machine's own kernel. */
  isOwnKernel: boolean;
}

const infoSchema = z.looseObject({
  ID: z.string().catch(""),
  OSType: z.string().catch("linux"),
  OperatingSystem: z.string().catch(""),
  KernelVersion: z.string().catch(""),
  MemTotal: z.number().catch(0),
  SecurityOptions: z.array(z.string()).nullish().catch([]),
});
const versionSchema = z.looseObject({
  Version: z.string().catch("unknown"),
  ApiVersion: z.string().catch("0.0"),
  Components: z
    .array(z.looseObject({ Name: z.string() }))
    .nullish()
    .catch([]),
});

export async function readEngineFacts(engine: Engine): Promise<EngineFacts> {
  const [info, version] = await Promise.all([
    engineCall(engine.info()).then((answer) => infoSchema.parse(answer)),
    engineCall(engine.version()).then((answer) => versionSchema.parse(answer)),
  ]);
  const kind = kindOf(info, version);
  return {
    id: info.ID,
    version: version.Version,
    api: version.ApiVersion,
    os: info.OSType,
    kernel: info.KernelVersion,
    memoryBytes: info.MemTotal,
    kind,
    // Docker Desktop answers on a local socket too, from its virtual machine.
    isOwnKernel:
      isLocalEngine() &&
      kind !== "desktop" &&
      info.KernelVersion === release() &&
      Math.abs(info.MemTotal - totalmem()) < totalmem() / 100,
  };
}

function kindOf(
  { OperatingSystem, SecurityOptions }: z.output<typeof infoSchema>,
  { Components }: z.output<typeof versionSchema>,
): EngineFacts["kind"] {
  if (Components?.some(({ Name }) => Name.startsWith("Podman"))) return "podman";
  if (OperatingSystem === "Docker Desktop") return "desktop";
  if (SecurityOptions?.some((option) => option.startsWith("name=rootless"))) return "rootless";
  return "docker";
}

const names: Record<EngineFacts["kind"], string> = {
  docker: "Docker Engine",
  desktop: "Docker Desktop, Docker Engine",
  rootless: "rootless Docker Engine",
  podman: "Podman",
};

export function engineName({ kind, version }: EngineFacts): string {
  return `${names[kind]} ${version}`;
}

/** Why no lab can run on an engine of this kind; undefined where it may. */
export function unsupported(facts: EngineFacts): LabError | undefined {
  const refuse = (what: string, remedy: string) =>
    new LabError("EngineUnsupported", what, { where: engineName(facts), remedy });
  if (facts.kind === "podman") {
    return refuse(
      `this is Podman ${facts.version}, whose networks can't be bare segments as labs need them`,
      "install Docker Engine, or point DOCKER_HOST at one; unset it where it names Podman's socket",
    );
  }
  if (facts.os !== "linux") {
    return refuse(
      `the engine runs ${facts.os} containers, and a lab's are Linux`,
      "switch Docker Desktop to Linux containers",
    );
  }
  const [major = 0, minor = 0] = facts.api.split(".").map(Number);
  if (major < 1 || (major === 1 && minor < 41)) {
    return refuse(
      `Docker Engine ${facts.version} is too old: labs need 20.10 or newer`,
      "update Docker Engine",
    );
  }
  return undefined;
}

/** What is free on an engine's machine now; where only the engine can tell, its total memory. */
export function freeMemory({ isOwnKernel, memoryBytes }: EngineFacts): number {
  return isOwnKernel ? freemem() : memoryBytes;
}
