import { cp, mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type Docker from "dockerode";
import { execa } from "execa";
import { ownSources } from "../../lab/images/debian.ts";
import { followEngine } from "../../lab/images/engine-stream.ts";
import { debianRelease, golangRelease, imageRef, programRecipe } from "../../lab/images/recipes.ts";
import versions from "../../versions.json" with { type: "json" };
import { registryAddress } from "./engine-with-mirror.ts";

/** Where stand-ins are made, of what, and whom to tell. */
interface StandIns {
  /** The engine that has our own images. */
  source: Docker;
  /** The one that pushes into the registry; it keeps none of them. */
  target: Docker;
  folder: string;
  signal: AbortSignal;
  detail: (text: string) => void;
}

/** Fills the registry with images that are like the official ones where we use them. */
export async function pushStandIns(work: StandIns): Promise<void> {
  await debian(work);
  await programs(
    work,
    { program: "tailscale", version: versions.tailscale },
    ["tailscale", "tailscaled"],
    "usr/local/bin",
  );
  await programs(
    work,
    { program: "headscale", version: versions.headscale },
    ["headscale"],
    "ko-app",
  );
  await golang(work);
  for (const { Id } of await work.target.listImages()) {
    await work.target.getImage(Id).remove({ force: true });
  }
}

/** As debootstrap's minbase variant, of which the official image is made. */
async function debian(work: StandIns): Promise<void> {
  work.detail("debian: mmdebstrap");
  const tar = join(work.folder, "debian.tar");
  const args = ["--variant=minbase", debianRelease, tar, ...(await ownSources())];
  await mkdir(work.folder, { recursive: true });
  await execa("mmdebstrap", args, { env: { TMPDIR: work.folder }, cancelSignal: work.signal });
  await pushed(work, `library/debian:${debianRelease}-slim`, (image) =>
    importTar(work, tar, image),
  );
}

/** An official image of programs alone: its other files are of no use to us. */
async function programs(
  work: StandIns,
  key: { program: "tailscale" | "headscale"; version: string },
  names: readonly string[],
  place: string,
): Promise<void> {
  work.detail(key.program);
  const root = join(work.folder, key.program);
  const folder = join(root, place);
  await mkdir(folder, { recursive: true });
  const container = await work.source.createContainer({ Image: imageRef(key), Cmd: ["true"] });
  try {
    for (const name of names) {
      const archive = await container.getArchive({ path: `/usr/local/bin/${name}` });
      await execa("tar", ["-x", "-C", folder], { input: archive as never });
    }
  } finally {
    await container.remove();
  }
  // What is beside Tailscale's programs in their image.
  if (key.program === "tailscale") await writeFile(join(folder, "containerboot"), "");
  const tar = `${root}.tar`;
  await execa("tar", ["-c", "-f", tar, "-C", root, "."]);
  const { official } = programRecipe(key);
  if (official !== undefined) {
    await pushed(work, official.image, (image) => importTar(work, tar, image));
  }
}

/** This machine's Go, with its settings and certificates, so that it reaches modules as this machine does. */
async function golang(work: StandIns): Promise<void> {
  work.detail("golang");
  const { stdout } = await execa("go", ["env", "-json", "GOROOT", ...goSettings]);
  const { GOROOT: root = "", ...settings } = JSON.parse(stdout) as Record<string, string>;
  const folder = join(work.folder, "golang");
  await mkdir(folder, { recursive: true });
  const certificates = process.env.SSL_CERT_FILE ?? "/etc/ssl/certs/ca-certificates.crt";
  await cp(certificates, join(folder, "ca-certificates.crt"));
  const environment = Object.entries({
    PATH: "/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    GOPATH: "/go",
    ...settings,
  }).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  await writeFile(
    join(folder, "Dockerfile"),
    [
      `FROM ${registryAddress}/library/debian:${debianRelease}-slim`,
      `COPY ${basename(root)} /usr/local/go`,
      "COPY ca-certificates.crt /etc/ssl/certs/",
      `ENV ${environment.join(" ")}`,
    ].join("\n"),
  );
  const tar = join(work.folder, "golang.tar");
  await execa("tar", ["-c", "-f", tar, "-C", folder, ".", "-C", dirname(root), basename(root)]);
  await pushed(work, `library/golang:${golangRelease}`, (image) =>
    followEngine(work.target.buildImage(tar, { t: image, abortSignal: work.signal }), work),
  );
}

const goSettings = ["GOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE", "GONOPROXY", "GOINSECURE"];

async function importTar(work: StandIns, tar: string, image: string): Promise<void> {
  const [, repo = "", tag = ""] = /^(.*):([^:]+)$/.exec(image) ?? [];
  await followEngine(work.target.importImage(tar, { repo, tag, abortSignal: work.signal }), work);
}

/** @param make makes the image of the given name on the target */
async function pushed(
  work: StandIns,
  name: string,
  make: (image: string) => Promise<unknown>,
): Promise<void> {
  const image = `${registryAddress}/${name}`;
  await make(image);
  await followEngine(
    work.target.getImage(image).push({ abortSignal: work.signal, authconfig: {} }),
    { signal: work.signal, detail: (text) => work.detail(`${name}: ${text}`) },
  );
}
