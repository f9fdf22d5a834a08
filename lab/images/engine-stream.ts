import { engineLost, engineStatus, isEngineLost } from "../engine/engine.ts";
import { errorMessage, plainLines } from "./output.ts";

/** What of the engine's progress stream is read; loose, as engines differ. */
interface EngineEvent {
  stream?: string;
  status?: string;
  progress?: string;
  aux?: { ID?: string };
  /** Newer engines leave out one of the two. */
  error?: string;
  errorDetail?: { message?: string };
}

interface Follower {
  signal: AbortSignal;
  detail: (text: string) => void;
}

/** What the engine's answer came to. */
interface Followed {
  /** The image that was built or imported, where the engine tells it. */
  id: string | undefined;
  /** A build's last output, for an error. */
  output: readonly string[];
}

/** How much of a build's output is kept for its error, in characters. */
const keptOutput = 4000;

/**
 * Reads the engine's answer to a pull, build or import to its end. An error may be the whole answer,
 * a line in its midst, or its absence where the connection is cut.
 * @throws the signal's reason; LabError EngineLost; Error with the engine's message and last output
 */
export async function followEngine(
  answer: Promise<NodeJS.ReadableStream>,
  { signal, detail }: Follower,
): Promise<Followed> {
  let id: string | undefined;
  let output = "";
  try {
    for await (const event of events(await answer)) {
      const error = event.errorDetail?.message ?? event.error;
      if (error !== undefined) {
        throw new Error([...plainLines(error), ...lastLines(output)].join("\n"));
      }
      output = `${output}${event.stream ?? ""}`.slice(-keptOutput);
      id = event.aux?.ID ?? importedId(event.status) ?? id;
      const text = event.stream === undefined ? statusLine(event) : output;
      const line = plainLines(text).at(-1);
      if (line !== undefined) detail(line);
    }
  } catch (error) {
    signal.throwIfAborted();
    if (isEngineLost(error)) throw engineLost(error);
    if (engineStatus(error) !== undefined) throw new Error(refusal(error), { cause: error });
    throw error;
  }
  return { id, output: lastLines(output) };
}

/** The JSON values of a stream, one a line. */
async function* events(stream: NodeJS.ReadableStream): AsyncGenerator<EngineEvent> {
  stream.setEncoding("utf8");
  let rest = "";
  for await (const chunk of stream) {
    const lines = `${rest}${chunk}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.trim() !== "") yield parsed(line);
    }
  }
  if (rest.trim() === "") return;
  let last: EngineEvent;
  try {
    last = JSON.parse(rest);
  } catch (error) {
    throw engineLost(new Error("its answer ended in the middle of a line", { cause: error }));
  }
  yield last;
}

function parsed(line: string): EngineEvent {
  try {
    return JSON.parse(line);
  } catch (error) {
    const start = plainLines(line).join(" ").slice(0, 200);
    throw new Error(`Docker Engine's answer is no JSON: ${start}`, { cause: error });
  }
}

function statusLine({ status = "", progress = "" }: EngineEvent): string {
  return `${status} ${progress}`;
}

/** An import tells the image's id as its status. */
function importedId(status: string | undefined): string | undefined {
  return status !== undefined && /^sha256:[0-9a-f]{64}$/.test(status) ? status : undefined;
}

/** Without the builder's own notes on its containers and images. */
function lastLines(output: string): string[] {
  return plainLines(output)
    .filter((line) => !/^(--->|Remov(ed|ing) intermediate container) /.test(line))
    .slice(-8);
}

/** The engine's message without what the client puts before it. */
function refusal(error: unknown): string {
  return errorMessage(error).replace(/^\(HTTP code \d+\) [^-]*- /, "");
}
