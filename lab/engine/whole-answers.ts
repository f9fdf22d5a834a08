import { buffer } from "node:stream/consumers";
import type Docker from "dockerode";

interface Call {
  isStream?: boolean;
  hijack?: boolean;
  openStdin?: boolean;
}
type Callback = (error: unknown, answer: unknown) => void;
interface Modem {
  dial(call: Call, callback: Callback): void;
}

/**
 * docker-modem calls nobody back when the connection is cut in the middle of an answer that is no
 * stream: the caller would wait for ever. Here every answer is asked for as a stream and read to its end,
 * and a cut is an error.
 */
export function readWholeAnswers(engine: Docker): Docker {
  const modem = engine.modem as Modem;
  const dial = modem.dial.bind(modem);
  modem.dial = (call, callback) => {
    if (call.isStream === true || call.hijack === true || call.openStdin === true) {
      dial(call, callback);
      return;
    }
    dial({ ...call, isStream: true }, (error, answer) => {
      if (error !== null && error !== undefined) {
        callback(withJson(error), null);
        return;
      }
      buffer(answer as NodeJS.ReadableStream).then(
        (bytes) => callback(null, parsed(bytes)),
        (cut: unknown) => callback(cut, null),
      );
    });
  };
  return engine;
}

/** As docker-modem does it: JSON where it is such, else the bytes. */
function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8")) || bytes;
  } catch {
    return bytes;
  }
}

/** docker-modem gives the engine's message apart from its own frame only for answers that are no stream. */
function withJson(error: unknown): unknown {
  const { message, json } = error as { message?: string; json?: unknown };
  const [, words] = /^\(HTTP code \d+\) .*? - (.*?) ?$/s.exec(message ?? "") ?? [];
  if (words !== undefined && (json === null || json === undefined)) {
    Object.assign(error as object, { json: { message: words } });
  }
  return error;
}
