import { z } from "zod";
import type { Socket } from "./sockets.ts";

/** What a node publishes by `tailscale serve`, and where it hands it on to: a place on the machine, by its port. */
export interface Published {
  port: number;
  backend: { host: string; port: number };
  /** As the configuration has it. */
  line: string;
}

/** Whether it is handed on to the machine itself: of another its sockets say nothing. */
export function isOnMachine({ backend: { host } }: Published): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

/** Whether nothing of the machine listens where it is handed on to. */
export function isBackendMissing(published: Published, sockets: readonly Socket[]): boolean {
  if (!isOnMachine(published)) return false;
  return !sockets.some(
    ({ protocol, port, address }) =>
      protocol === "tcp" &&
      port === published.backend.port &&
      (["*", "0.0.0.0", "::", "::1"].includes(address) || address.startsWith("127.")),
  );
}

const configSchema = z.looseObject({
  TCP: z.record(z.string(), z.looseObject({ TCPForward: z.string().optional() })).nullish(),
  Web: z
    .record(
      z.string(),
      z.looseObject({
        Handlers: z.record(z.string(), z.looseObject({ Proxy: z.string().optional() })).nullish(),
      }),
    )
    .nullish(),
});
/** Of what runs in the foreground, by session. */
const serveSchema = configSchema.extend({
  Foreground: z.record(z.string(), configSchema).nullish(),
});

/** `tailscale serve status --json`; files, texts and sockets that it serves itself are left out. */
export function parseServe(text: string): Published[] {
  const { Foreground, ...own } = serveSchema.parse(JSON.parse(text));
  return [own, ...Object.values(Foreground ?? {})].flatMap(({ TCP, Web }) => [
    ...Object.entries(TCP ?? {}).flatMap(([port, { TCPForward }]) =>
      published(Number(port), "TCPForward", TCPForward),
    ),
    ...Object.entries(Web ?? {}).flatMap(([host, { Handlers }]) =>
      Object.values(Handlers ?? {}).flatMap((handler) =>
        published(Number(host.split(":").at(-1)), "Proxy", handler.Proxy),
      ),
    ),
  ]);
}

function published(port: number, key: string, target: string | undefined): Published[] {
  const text = target?.replace(/^https\+insecure:/, "https:") ?? "";
  const url = URL.parse(/^\w+:\/\//.test(text) ? text : `tcp://${text}`);
  if (url === null || url.hostname === "" || url.protocol === "unix:") return [];
  const usual = url.protocol === "https:" ? 443 : url.protocol === "http:" ? 80 : 0;
  const backend = {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? usual : Number(url.port),
  };
  return backend.port === 0 ? [] : [{ port, backend, line: `"${key}": "${target}"` }];
}
