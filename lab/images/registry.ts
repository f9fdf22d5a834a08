import { engineCall, engineStatus } from "../engine/engine.ts";
import { LabError } from "../errors.ts";
import { followEngine } from "./engine-stream.ts";
import { isDiskFull } from "./failure.ts";
import type { ImageBuild } from "./image-build.ts";
import { errorMessage } from "./output.ts";

/** An official image can't be had, for a reason that lets it be replaced by one made here. */
export interface Unavailable {
  /** Whether a registry answered, and had no such image. */
  registryAnswers: boolean;
  /** The engine's message, on one line. */
  why: string;
}

/** The registry lacks the image, or hides from strangers whether it has it. */
const noImage = [
  /manifest( for \S+)? (is )?(unknown|not found)|no matching manifest/i,
  /repository does not exist|repository name not known|does not match the specified platform/i,
  /^\S+\/\S+: not found$/im,
];

/** Nothing, or nothing that speaks for a registry, answers at its address. */
const noAnswer = [
  /no such host|server misbehaving|name resolution|lookup .* on .*:53/i,
  /connection (refused|reset by peer)|no route to host|network is unreachable/i,
  /i\/o timeout|TLS handshake timeout|deadline exceeded|Client\.Timeout|request canceled/i,
  /\bproxyconnect\b|x509: |tls: |HTTP response to HTTPS client|\bEOF\b/i,
  /\b5\d\d (Internal Server Error|Bad Gateway|Service Unavailable|Gateway Time-?out)/i,
];

/** An answer that is the user's to act on, whatever else the message says. */
const refused = /toomanyrequests|rate limit|incorrect username or password/i;

/**
 * Why a pull failed, by the engine's message, which is all that it tells.
 * @returns undefined where an image made here would hide what is wrong, such as a rate limit
 */
export function whyUnavailable(message: string): Unavailable | undefined {
  if (refused.test(message)) return undefined;
  const why = message.split("\n").join("; ");
  if (noImage.some((pattern) => pattern.test(message))) return { registryAnswers: true, why };
  if (noAnswer.some((pattern) => pattern.test(message))) return { registryAnswers: false, why };
  return undefined;
}

/**
 * Pulls an official image for the engine's architecture. Where the pull fails, one that is on the
 * engine already will do.
 * @returns why there is none, where one made here may take its place
 * @throws the signal's reason; LabError EngineLost, or ImageUnbuildable with the registry's refusal;
 *   Error on a full disk
 */
export async function pullImage(
  build: ImageBuild,
  image: string,
): Promise<Unavailable | undefined> {
  const { engine, architecture, signal, detail } = build;
  detail(`pulling ${image}`);
  try {
    const options = { platform: `linux/${architecture}`, abortSignal: signal };
    await followEngine(engine.pull(image, options), {
      signal,
      detail: (text) => detail(`pulling ${image}: ${text}`),
    });
    if (await isPresent(build, image)) return undefined;
    throw new Error(`the pull ended, and the engine has no ${image} for linux/${architecture}`);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof LabError || isDiskFull(error)) throw error;
    const message = errorMessage(error);
    if (await isPresent(build, image)) {
      detail(`using the ${image} that the engine has, as the pull failed: ${message}`);
      return undefined;
    }
    return whyUnavailable(message) ?? refusedPull(image, message, error);
  }
}

async function isPresent({ engine, architecture }: ImageBuild, image: string) {
  try {
    const found = await engineCall(engine.getImage(image).inspect());
    return found.Architecture === architecture;
  } catch (error) {
    if (engineStatus(error) === 404) return false;
    throw error;
  }
}

function refusedPull(image: string, message: string, cause: unknown): never {
  throw new LabError("ImageUnbuildable", `the registry refuses ${image}: ${message}`, {
    remedy: `once "docker pull ${image}" has succeeded, by "docker login" or later, try again: it is then used`,
    cause,
  });
}
