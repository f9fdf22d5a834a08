import { type Alteration, replace } from "./altered-source.ts";

/** Neither a connection nor a ping is answered. */
export const silent: Alteration[] = [
  [
    "laptop",
    "nc -vz",
    () => ({
      exitCode: 1,
      stderr: "nc: connect to 10.20.0.30 port 80 (tcp) timed out: Operation now in progress\n",
    }),
  ],
  [
    "laptop",
    "ping",
    () => ({ exitCode: 1, stdout: "2 packets transmitted, 0 received, 100% packet loss\n" }),
  ],
];
/** Nothing was tried. */
export const untried: Alteration[] = [
  ["laptop", "nc -vz", () => undefined],
  ["laptop", "ping", () => undefined],
];
export const strict = (machine: string): Alteration[] => [
  [machine, "sysctl", replace("conf.all.rp_filter = 0", "conf.all.rp_filter = 1")],
  [
    machine,
    "nstat",
    () => ({ stdout: "TcpExtIPReversePathFilter       138                0.0\n" }),
  ],
];
export const onlyPortSilent = silent.slice(0, 1);
export const refused: Alteration = [
  "laptop",
  "nc -vz",
  () => ({
    exitCode: 1,
    stderr: "nc: connect to 100.64.0.1 port 80 (tcp) failed: Connection refused\n",
  }),
];
/** The router's filter lets nothing in. */
export const closed: Alteration = [
  "router",
  "tailscale debug netmap",
  replace(/"PacketFilter": \[/, '"PacketFilter": [], "Other": ['),
];
