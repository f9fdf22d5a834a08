/** A socket that listens, of `ss -Hltunp`. */
export interface Socket {
  protocol: "tcp" | "udp";
  /** `0.0.0.0`, `::` and `*` are every address. */
  address: string;
  port: number;
  /** The program's name, where it may be seen. */
  program: string | undefined;
  /** Connections over TCP that the program has not accepted yet; ss calls it Recv-Q. */
  waiting: number;
  /** How many may wait; ss calls it Send-Q. The kernel drops new ones while there are more. */
  backlog: number;
  /** As ss prints it, without its blanks. */
  line: string;
}

export function parseSockets(text: string): Socket[] {
  return text.split("\n").flatMap((line) => {
    const [protocol, , waiting, backlog, local, , users = ""] = line.trim().split(/\s+/);
    const end = /^(.*):(\d+)$/.exec(local ?? "");
    if ((protocol !== "tcp" && protocol !== "udp") || end === null) return [];
    return [
      {
        protocol,
        address: (end[1] ?? "").replace(/^\[|\]$/g, "").replace(/%.*$/, ""),
        port: Number(end[2]),
        program: /"([^"]+)"/.exec(users)?.[1],
        waiting: protocol === "tcp" ? Number(waiting) : 0,
        backlog: protocol === "tcp" ? Number(backlog) : 0,
        line: line.trim().replace(/\s+/g, " "),
      },
    ];
  });
}

/** `sysctl -a` */
export function parseSysctls(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split("\n").flatMap((line) => {
      const [name, ...value] = line.split(" = ");
      return name === undefined || value.length === 0 ? [] : [[name, value.join(" = ")] as const];
    }),
  );
}

/** `nstat -asz NAME` */
export function parseNstat(text: string): number {
  const line = text.split("\n").find((each) => each.startsWith("TcpExt"));
  const value = Number(line?.split(/\s+/)[1] ?? Number.NaN);
  if (Number.isNaN(value)) throw new Error("it has no counter");
  return value;
}

/** `/etc/resolv.conf` */
export function parseResolvConf(text: string): {
  nameservers: string[];
  search: string[];
  text: string;
} {
  if (/is not consulted for DNS/.test(text)) throw new Error("macOS goes by other settings");
  const words = text.split("\n").map((line) => line.trim().split(/\s+/));
  return {
    nameservers: words.flatMap(([key, value]) => (key === "nameserver" && value ? [value] : [])),
    search: words.flatMap(([key, ...values]) =>
      key === "search" || key === "domain" ? values : [],
    ),
    text,
  };
}

/** Names of the interfaces' settings by which the kernel drops what comes by another way than its answer would take. */
export function strictFilters(sysctls: ReadonlyMap<string, string>): string[] {
  return [...sysctls].flatMap(([name, value]) =>
    /^net\.ipv4\.conf\..+\.rp_filter$/.test(name) && value === "1" ? [name] : [],
  );
}
