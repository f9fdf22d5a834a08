import type Docker from "dockerode";

/** One image being built. */
export interface ImageBuild {
  engine: Docker;
  /** The engine's architecture, as Go names it: amd64, arm64. */
  architecture: string;
  /** The reference it will have. */
  ref: string;
  /** The value of the label `tailnet-lab.build` on everything that the build makes. */
  owner: string;
  /** A temporary directory of its own; not made yet. */
  folder: string;
  /** Fires when the user aborts or another image failed. */
  signal: AbortSignal;
  detail: (text: string) => void;
}
