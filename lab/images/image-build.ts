import type Docker from "dockerode";

/** One image being made. */
export interface ImageBuild {
  engine: Docker;
  /** The reference it will have. */
  ref: string;
  /** A temporary folder of its own. */
  folder: string;
  /** Fires when another image failed. */
  signal: AbortSignal;
  detail: (text: string) => void;
}
