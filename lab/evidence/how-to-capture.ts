import { type EvidenceCommand, evidenceCommands } from "./commands.ts";
import type { MachineRole } from "./evidence.ts";

const roles: Record<MachineRole, string> = {
  tailscale: "On a machine with Tailscale",
  control: "On the machine with Headscale",
  host: "On a machine without Tailscale",
};

/** The commands to run by hand for each role, with the file to keep each one's output in. */
export function howToCapture(): string {
  const commands: EvidenceCommand[] = Object.values(evidenceCommands);
  const parts = Object.entries(roles).map(([role, title]) => {
    const lines = commands
      .filter((command) => command.roles.includes(role as MachineRole))
      .map(({ argv, file }) => `  ${typed(argv)} > ${file}`);
    return [`${title}, as root:`, ...lines].join("\n");
  });
  return [
    "Make a folder for each machine, named as the machine is, in one folder; run these in it. Any part of them will do: Windows and macOS have none but those of `tailscale`.",
    "Look through the files for secrets before you hand them on: `tailnet-lab capture` takes them out, your shell does not.",
    ...parts,
    "Then: tailnet-lab doctor --from FOLDER",
  ].join("\n\n");
}

/** The same for a program. */
export function capturedByHand(): { roles: readonly MachineRole[]; run: string; file: string }[] {
  return Object.values(evidenceCommands).map(({ roles, argv, file }) => ({
    roles,
    run: typed(argv),
    file,
  }));
}

/** A script whole, as it is to be run and not named. */
function typed(argv: readonly string[]): string {
  const [shell, flag, script] = argv;
  if (shell === "sh" && flag === "-c" && script !== undefined) return `{ ${script.trim()}\n  }`;
  return argv.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`)).join(" ");
}
