import { expect, test } from "vitest";
import { parseServe } from "../../lab/evidence/serve.ts";

const targets = (value: object) =>
  parseServe(JSON.stringify(value)).map(
    ({ port, backend }) => `${port} ${backend.host} ${backend.port}`,
  );

test("what tailscale serve status prints of TCP, of the web, and of what runs in the foreground", () => {
  expect(targets({})).toEqual([]);
  const web = {
    TCP: { 443: { HTTPS: true }, 8000: { TCPForward: "127.0.0.1:7" } },
    Web: {
      "server.tailnet.lab:443": {
        Handlers: {
          "/": { Proxy: "http://localhost:3000" },
          "/files": { Path: "/srv/files" },
          "/api": { Proxy: "https+insecure://[::1]" },
          "/sock": { Proxy: "unix:/run/wiki.sock" },
        },
      },
    },
  };
  const all = ["8000 127.0.0.1 7", "443 localhost 3000", "443 ::1 443"];
  expect(targets(web)).toEqual(all);
  expect(targets({ Foreground: { "1f3a": web } })).toEqual(all);
});
