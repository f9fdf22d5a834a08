import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";

type Answer = (response: ServerResponse) => void;

interface Labelled {
  Id: string;
  Labels: Record<string, string>;
  /** Seconds since 1970. */
  Created: number;
}

/** What a stub engine does; by default every pull finds nothing and every build and import succeeds. */
export interface StubBehaviour {
  architecture?: string;
  /** `image` with its tag. */
  pull?: (image: string) => Answer;
  /** `dockerfile` is the name of the recipe. */
  build?: (dockerfile: string) => Answer;
  import?: Answer;
  /** References of ours that the engine has. */
  tags?: string[];
  /** Official images that it has. */
  present?: string[];
  /** Untagged images of other builds, and containers; to these are added what is built here. */
  untagged?: Labelled[];
  containers?: Labelled[];
}

export interface StubEngine extends AsyncDisposable {
  socket: string;
  /** `METHOD path?query` of each request. */
  calls: string[];
  /** The bodies of builds: tar archives, whose text files can be searched. */
  bodies: string[];
}

const imageId = `sha256:${"1".repeat(64)}`;

/** An HTTP server on a Unix socket in Docker Engine's place. */
export async function stubEngine(behaviour: StubBehaviour): Promise<StubEngine> {
  const folder = mkdtempSync(join(tmpdir(), "tailnet-lab-test-"));
  const socket = join(folder, "engine.sock");
  const calls: string[] = [];
  const bodies: string[] = [];
  const pulled = new Set<string>();
  const untagged = [...(behaviour.untagged ?? [])];
  const images = (search: URLSearchParams) => {
    const { dangling, reference = [] } = JSON.parse(search.get("filters") ?? "{}");
    if (dangling !== undefined) return untagged;
    return (behaviour.tags ?? [])
      .filter((tag) => reference.includes(tag))
      .map((tag) => ({ RepoTags: [tag], Id: tag }));
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? "/", "http://engine");
    const call = `${request.method} ${url.pathname}`;
    calls.push(`${call}${decodeURIComponent(url.search)}`);
    if (call === "GET /info")
      return json(response, { Architecture: behaviour.architecture ?? "x86_64" });
    if (call === "GET /images/json") return json(response, images(url.searchParams));
    if (call === "GET /containers/json") return json(response, behaviour.containers ?? []);
    if (call === "POST /images/create" && url.searchParams.has("fromSrc")) {
      await buffer(request);
      return (behaviour.import ?? lines({ status: imageId }))(response);
    }
    if (call === "POST /images/create") {
      const image = `${url.searchParams.get("fromImage")}:${url.searchParams.get("tag")}`;
      pulled.add(image);
      return (behaviour.pull?.(image) ?? notFound(image))(response);
    }
    if (call === "POST /build") {
      const body = gunzipSync(await buffer(request)).toString("latin1");
      bodies.push(body);
      const owner = /LABEL tailnet-lab\.build=(\S+)/.exec(body)?.[1] ?? "";
      const Labels = { "tailnet-lab.build": owner };
      untagged.push({ Id: `step${bodies.length}`, Labels, Created: Date.now() / 1000 });
      const dockerfile = url.searchParams.get("dockerfile") ?? "";
      return (behaviour.build?.(dockerfile) ?? lines({ aux: { ID: imageId } }))(response);
    }
    const inspected = /^GET \/images\/(.+)\/json$/.exec(call)?.[1];
    if (inspected !== undefined) return present(inspected, response);
    json(response, {});
  };
  /** What was pulled with success is there. */
  const present = (image: string, response: ServerResponse) => {
    const isThere =
      behaviour.present?.includes(image) ||
      (pulled.has(image) && behaviour.pull?.(image) === succeed);
    if (!isThere) return status(404, `No such image: ${image}`)(response);
    const told = behaviour.architecture === "aarch64" ? "arm64" : "amd64";
    json(response, { Architecture: told });
  };
  const server = createServer((request, response) => {
    request.on("error", () => {});
    void answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    socket,
    calls,
    bodies,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function json(response: ServerResponse, value: unknown): void {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(value));
}

/** The engine refuses, with an HTTP status. */
export function status(code: number, message: string): Answer {
  return (response) => {
    response.statusCode = code;
    json(response, { message });
  };
}

/** The engine answers with JSON lines, to the end. */
export function lines(...events: unknown[]): Answer {
  return (response) => response.end(events.map((event) => `${JSON.stringify(event)}\r\n`).join(""));
}

/** A line of the answer is an error, as the engine writes it when it has begun to answer. */
export function errorLine(message: string): Answer {
  return lines(
    { status: "Downloading", progress: "[=>  ]" },
    { errorDetail: { message }, error: message },
  );
}

/** The connection is cut in the middle of a line. */
export const cut: Answer = (response) => {
  response.write('{"status":"Downloading"}\r\n{"stat');
  setImmediate(() => response.destroy());
};

/** The connection is cut before the answer begins. */
export const cutAtOnce: Answer = (response) => response.destroy();

/** The answer begins and never ends. */
export const hang: Answer = (response) => {
  response.write('{"status":"Downloading"}\r\n');
};

export const succeed: Answer = lines({ status: "Status: Downloaded newer image" });

function notFound(image: string): Answer {
  return status(404, `manifest for ${image} not found: manifest unknown: manifest unknown`);
}
