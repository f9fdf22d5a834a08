import { writeFile } from "node:fs/promises";
import { LabError } from "../lab/errors.ts";
import { labelPattern, labelRule } from "../lab/topology/label.ts";

/** Writes `NAME.mts` here: a module, whatever package.json says. Throws UsageInvalid where there is one, or it can't be written. */
export async function writeSkeleton(name: string): Promise<string> {
  if (!labelPattern.test(name)) {
    throw new LabError("UsageInvalid", `${JSON.stringify(name)} is no case's name`, {
      where: name,
      remedy: labelRule,
    });
  }
  const file = `./${name}.mts`;
  try {
    await writeFile(file, skeleton(name), { flag: "wx" });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== "EEXIST") {
      throw new LabError("UsageInvalid", `the file can't be written: ${message}`, {
        where: file,
        remedy: "run the command in a directory where you may write",
        cause: error,
      });
    }
    throw new LabError("UsageInvalid", "there is a file of this name", {
      where: file,
      remedy: "choose another name, or remove it",
    });
  }
  return file;
}

/** A case that runs as it is: two homes, and a service that is down. */
function skeleton(name: string): string {
  return `import type { Case } from "tailnet-lab/cases";

export default {
  name: "${name}",
  // Or slow, names, other.
  flow: "cant-reach",
  title: "What is the matter, in one sentence",
  // In the user's own words. It does not tell the cause.
  report: "The page on my server does not open any more.",
  // A topology, or the URL of a topology's file: new URL("./lab.yaml", import.meta.url).
  topology: {
    name: "${name}",
    networks: {
      home: { nat: "easy", lan: "192.168.1.0/24" },
      cafe: { nat: "easy", lan: "192.168.1.0/24" },
    },
    nodes: {
      laptop: { kind: "tailscale", network: "cafe", user: "alice" },
      server: {
        kind: "tailscale",
        network: "home",
        user: "alice",
        services: [{ kind: "http", port: 80 }],
      },
    },
  },
  // \`tailnet-lab fault kinds\` has them all.
  faults: [{ kind: "service-down", node: "server", port: 80 }],
  // How it shows, by real packets, and how it is when it is repaired.
  symptoms: [
    {
      attempt: { kind: "connect", from: "laptop", to: "server", port: 80 },
      broken: "refused",
      repaired: "reached",
    },
  ],
  // What the doctor is asked, and what it must find first.
  question: { from: "laptop", to: "server:80" },
  finding: { code: "TL111", node: "server" },
  hint: "Leads on, without the answer.",
  // What a user would type, on a node or on control.
  remedy: [{ on: "server", run: "service nginx start" }],
  sources: [],
} satisfies Case;
`;
}
