import type { Service, TopologyNode } from "../topology/schema.ts";
import type { PlannedFile, ServiceSpec } from "./plan.ts";
import { program } from "./programs.ts";

/** How a machine serves: the files it needs and the shell lines that start the servers. */
export interface ServicePlan {
  files: PlannedFile[];
  start: string;
}

/** Begins each line by which a service says whom it saw: `tailnet-lab: http:80 saw 100.64.0.1:4711`. */
export const logPrefix = "tailnet-lab: ";

function servicePort(service: Service): number {
  return service.kind === "dns" ? 53 : service.port;
}

export function serviceSpecs(node: TopologyNode): ServiceSpec[] {
  return node.services.map((service) => ({ kind: service.kind, port: servicePort(service) }));
}

/** Servers for all services of a machine. Each says on the machine's log whom it saw. */
export function planServices(services: readonly Service[]): ServicePlan {
  const files: PlannedFile[] = [];
  const lines: string[] = [];
  const http = services.filter((service) => service.kind === "http");
  if (http.length > 0) {
    files.push({
      path: "/etc/nginx/nginx.conf.declared",
      content: nginxConfig(http.map((s) => s.port)),
    });
    // Who edits the one that nginx reads does so until the machine restarts.
    lines.push(
      "cp /etc/nginx/nginx.conf.declared /etc/nginx/nginx.conf",
      "run_program nginx nginx",
    );
    for (const { port } of http) lines.push(listening("tcp", port));
  }
  const echoes = services.filter(({ kind }) => kind === "tcp-echo" || kind === "udp-echo");
  if (echoes.length > 0) {
    const words = echoes.map((service) => `${service.kind}:${servicePort(service)}`);
    lines.push(
      `printf '%s\\n' ${words.join(" ")} > /etc/echo-server.conf`,
      `echo_server() {\nexec perl - '${logPrefix}' $(grep -v '^#' /etc/echo-server.conf) <<'END_OF_ECHO'\n${program("echo-server.pl")}END_OF_ECHO\n}`,
      "run_program echo-server echo_server",
    );
    for (const echo of echoes) {
      lines.push(listening(echo.kind === "tcp-echo" ? "tcp" : "udp", servicePort(echo)));
    }
  }
  for (const service of services) {
    if (service.kind === "dns") {
      const path = `/etc/dnsmasq-${service.domain}.conf`;
      files.push({
        path,
        content: dnsConfig(service.records, [service.domain]),
      });
      lines.push(...serveDns(path));
    }
  }
  return { files, start: lines.join("\n") };
}

/** Shell line: goes on when the server's socket is bound, for IPv4 and IPv6. */
function listening(protocol: "tcp" | "udp", port: number): string {
  return `wait_for 10 "a ${protocol} server on port ${port}" bound ${protocol} ${port}`;
}

function nginxConfig(ports: readonly number[]): string {
  const servers = ports
    .map(
      (port) => `  server {
    listen ${port} backlog=512;
    listen [::]:${port} ipv6only=on backlog=512;
    access_log /dev/stdout saw${port};
    location / { default_type text/plain; return 200 "$remote_addr\\n"; }
  }`,
    )
    .join("\n");
  const formats = ports
    .map(
      (port) => `  log_format saw${port} "${logPrefix}http:${port} saw $remote_addr:$remote_port";`,
    )
    .join("\n");
  return `daemon off;
master_process off;
error_log stderr warn;
pid /run/nginx.pid;
events { worker_connections 256; }
http {
${formats}
${servers}
}
`;
}

/** dnsmasq, authoritative: knows its records, says NXDOMAIN to the rest of `domains`, asks nobody. */
export function dnsConfig(records: Record<string, string>, domains: readonly string[]): string {
  return [
    "no-resolv",
    "no-hosts",
    "no-daemon",
    "log-queries",
    "log-facility=-",
    "local-ttl=5",
    "user=root",
    ...domains.map((domain) => `local=/${domain}/`),
    ...Object.entries(records).map(([name, address]) => `host-record=${name},${address}`),
    "",
  ].join("\n");
}

/** Shell lines that start a DNS server. */
function serveDns(configFile: string): string[] {
  return [
    `run_program dnsmasq dnsmasq --conf-file=${configFile} --keep-in-foreground`,
    listening("udp", 53),
  ];
}
