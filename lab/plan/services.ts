import type { Service, TopologyNode } from "../topology/schema.ts";
import { isTailnetOnly } from "../topology/tailnet-only.ts";
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
  return node.services.map((service) => ({
    kind: service.kind,
    port: servicePort(service),
    ...(isTailnetOnly(service) ? { tailnetOnly: true } : {}),
  }));
}

/** The TCP ports that `tailscale serve` publishes. */
export function publishedPorts(services: readonly Service[]): number[] {
  return services.filter(isTailnetOnly).map(servicePort);
}

/** Servers for all services of a machine. Each says on the machine's log whom it saw. */
export function planServices(services: readonly Service[]): ServicePlan {
  const files: PlannedFile[] = [];
  const lines: string[] = [];
  const http = services.filter((service) => service.kind === "http");
  if (http.length > 0) {
    files.push({
      path: "/etc/nginx/nginx.conf.declared",
      content: nginxConfig(http),
    });
    // Who edits the one that nginx reads does so until the machine restarts.
    lines.push(
      "cp /etc/nginx/nginx.conf.declared /etc/nginx/nginx.conf",
      "run_program nginx nginx",
    );
    for (const service of http) lines.push(listening("tcp", service));
  }
  const echoes = services.filter(({ kind }) => kind === "tcp-echo" || kind === "udp-echo");
  if (echoes.length > 0) {
    const words = echoes.map((service) => {
      const word = `${service.kind}:${servicePort(service)}`;
      return isTailnetOnly(service) ? `proxied-${word}@127.0.0.1` : word;
    });
    lines.push(
      `printf '%s\\n' ${words.join(" ")} > /etc/echo-server.conf`,
      `echo_server() {\nexec perl - '${logPrefix}' $(grep -v '^#' /etc/echo-server.conf) <<'END_OF_ECHO'\n${program("echo-server.pl")}END_OF_ECHO\n}`,
      "run_program echo-server echo_server",
    );
    for (const echo of echoes) {
      lines.push(listening(echo.kind === "tcp-echo" ? "tcp" : "udp", echo));
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

/** Shell line: goes on when the server's socket is bound, for IPv4 and IPv6, or on loopback. */
function listening(protocol: "tcp" | "udp", service: Service): string {
  const port = servicePort(service);
  const sockets = isTailnetOnly(service) ? 1 : 2;
  return `wait_for 10 "a ${protocol} server on port ${port}" bound ${protocol} ${port} ${sockets}`;
}

function nginxConfig(services: readonly (Service & { kind: "http" })[]): string {
  const servers = services
    .map(
      ({ port, tailnetOnly }) => `  server {
${tailnetOnly ? proxied(port) : `    listen ${port} backlog=512;\n    listen [::]:${port} ipv6only=on backlog=512;`}
    access_log /dev/stdout saw${port};
    location / { default_type text/plain; return 200 "$remote_addr\\n"; }
  }`,
    )
    .join("\n");
  const formats = services
    .map(
      ({ port }) =>
        `  log_format saw${port} "${logPrefix}http:${port} saw $remote_addr:$remote_port";`,
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

/** Behind `tailscale serve`, which tells by the PROXY protocol who calls. */
function proxied(port: number): string {
  return `    listen 127.0.0.1:${port} backlog=512 proxy_protocol;
    set_real_ip_from 127.0.0.1;
    real_ip_header proxy_protocol;`;
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
    `wait_for 10 "a udp server on port 53" bound udp 53 2`,
  ];
}
