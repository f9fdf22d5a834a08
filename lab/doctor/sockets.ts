import type { Socket } from "../evidence/sockets.ts";

/** Who listens on a port. */
export function listeners(
  sockets: readonly Socket[],
  protocol: "tcp" | "udp",
  port: number,
): Socket[] {
  return sockets.filter((socket) => socket.protocol === protocol && socket.port === port);
}

export function isLoopback({ address }: Socket): boolean {
  return address === "::1" || address.startsWith("127.");
}
