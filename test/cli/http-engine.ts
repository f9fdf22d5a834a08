import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { label } from "../../lab/plan/plan.ts";

export interface HttpEngine extends AsyncDisposable {
  /** For DOCKER_HOST. */
  address: string;
}

/** A server in the engine's place: `answer` gets each request but the first ping. */
export async function httpEngine(
  answer: (path: string, response: ServerResponse, request: IncomingMessage) => void,
): Promise<HttpEngine> {
  const server = createServer((request, response) => {
    const path = request.url?.split("?")[0] ?? "";
    if (path === "/_ping") response.end("OK");
    else answer(path, response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** One container of a lab, as the engine lists it. */
export function listed(lab: string, name: string, kind = "host"): unknown {
  return {
    Id: name,
    State: "running",
    Labels: {
      [label.lab]: lab,
      [label.run]: "stack",
      [label.spec]: JSON.stringify({ name, kind, network: "home", addresses: [], services: [] }),
    },
  };
}
