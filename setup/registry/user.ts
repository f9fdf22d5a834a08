import { chmodSync, chownSync, copyFileSync, mkdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { execa } from "execa";

/** No account of this machine; no rights but those to its own files. */
const id = 61_917;

/** A user without root and without Go, who has Node, Terraform and an engine's socket. */
export type User = ReturnType<typeof makeUser>;

/** @param folder to be made, in one that everybody may enter */
export function makeUser(
  folder: string,
  {
    root,
    pid,
    socket,
    terraform,
    signal,
  }: { root: string; pid: number; socket: string; terraform: string; signal: AbortSignal },
) {
  const bin = join(folder, "bin");
  const home = join(folder, "home");
  const project = join(folder, "project");
  for (const path of [bin, home, project]) mkdirSync(path, { recursive: true });
  // Copies, as where this machine has them others may not look.
  const node = join(bin, "node");
  for (const [from, to] of [
    [process.execPath, node],
    [terraform, join(bin, basename(terraform).startsWith("tofu") ? "tofu" : "terraform")],
  ] as const) {
    copyFileSync(from, to);
    chmodSync(to, 0o755);
  }
  chownSync(home, id, id);
  chownSync(socket, 0, id);
  chmodSync(dirname(socket), 0o711);
  // The mount makes the project visible below a directory that others may enter.
  const enter = 'mount --bind "$1" "$2" && shift 2 && exec "$@"';
  const unprivileged = [`--reuid=${id}`, `--regid=${id}`, "--clear-groups", "--no-new-privs"];
  return {
    /** Runs the command line from the sources; its output goes to the reader as well. */
    lab: (...args: string[]) =>
      execa(
        // In the engine's network, as on a machine of its own: locks on addresses are by machine.
        "nsenter",
        [
          ...["--net", `--target=${pid}`, "unshare"],
          ...["--mount", "sh", "-c", enter, "sh", root, project],
          ...["setpriv", ...unprivileged, "--inh-caps=-all", "--bounding-set=-all", "--"],
          ...["/usr/bin/env", "-i", `PATH=${bin}`, `HOME=${home}`, `DOCKER_HOST=unix://${socket}`],
          ...["TAILNET_LAB_INSTALL=0", "CHECKPOINT_DISABLE=1"],
          ...[node, join(project, "bin/tailnet-lab.mjs"), ...args],
        ],
        {
          cwd: home,
          cancelSignal: signal,
          killSignal: "SIGINT",
          all: true,
          reject: false,
          stdout: ["pipe", "inherit"],
          stderr: ["pipe", "inherit"],
        },
      ),
  };
}
