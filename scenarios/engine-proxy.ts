import { connect, createServer, type Socket } from "node:net";

/** A way to the real engine that can be cut, without harm to the engine. */
export interface EngineProxy extends AsyncDisposable {
  /** For DOCKER_HOST. */
  address: string;
  /** Cuts all connections; `isGone`: and takes no new ones, as an engine that was killed. */
  cut(isGone: boolean): Promise<void>;
}

/** @param socket the engine's own socket; @param path of the proxy's. */
export async function proxyEngine(socket: string, path: string): Promise<EngineProxy> {
  const open = new Set<Socket>();
  const keep = (one: Socket, other: Socket) => {
    open.add(one);
    one.on("error", () => {});
    one.once("close", () => {
      open.delete(one);
      other.destroy();
    });
  };
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const engine = connect({ path: socket, allowHalfOpen: true });
    keep(client, engine);
    keep(engine, client);
    client.pipe(engine).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const cut = async (isGone: boolean) => {
    const closed = isGone
      ? new Promise<void>((resolve) => server.close(() => resolve()))
      : undefined;
    for (const each of open) each.destroy();
    await closed;
  };
  return {
    address: `unix://${path}`,
    cut,
    [Symbol.asyncDispose]: async () => {
      if (server.listening) await cut(true);
    },
  };
}

/** The socket of the engine that this process uses; undefined where it is not reached by one. */
export function engineSocket(): string | undefined {
  const host = process.env.DOCKER_HOST ?? "";
  if (host === "") return "/var/run/docker.sock";
  return host.startsWith("unix://") ? host.slice("unix://".length) : undefined;
}
