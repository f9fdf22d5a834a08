import type { Look } from "./case.ts";

/** Whether a connection opens. */
export function connects(on: string, to: string, port: number, tells: string): Look {
  return { on, run: `nc -vz -w 3 ${to} ${port}`, tells };
}

/** Whether tailscaled answers within the tunnel, by whatever path: TSMP passes beside the policy. */
export function pings(on: string, to: string, tells: string): Look {
  return { on, run: `tailscale ping --tsmp -c 1 --timeout 3s ${to}`, tells };
}

/** What comes of the search for a direct path. */
export function findsPath(on: string, to: string, tells: string): Look {
  return { on, run: `tailscale ping -c 8 ${to} 2>&1 | tail -n 1`, tells };
}

/** A line of what netcheck prints: `UDP`, `Mapping`. */
export function netcheck(on: string, word: string, tells: string): Look {
  return { on, run: `tailscale netcheck 2> /dev/null | grep ${word}`, tells };
}

/** By which device an address is sought. */
export function routeTo(on: string, address: string, tells: string): Look {
  return { on, run: `ip route get ${address}`, tells };
}

/** Routes that are advertised, approved and served; `pattern` picks the lines of a node. */
export function approvals(pattern: string, tells: string): Look {
  const run = `headscale nodes list-routes | grep -E 'Hostname|${pattern}'`;
  return { on: "control", run, tells };
}

/** The rules of the policy, one a line. */
export function grants(tells: string): Look {
  return { on: "control", run: "headscale policy get | jq -c '.grants[]'", tells };
}

/** What a DNS server answers. */
export function asks(on: string, server: string, name: string, tells: string): Look {
  return { on, run: `dig +short +time=2 +tries=1 @${server} ${name}`, tells };
}

/** Whether a relay or the control server answers by HTTPS: its status. */
export function fetches(on: string, host: string, tells: string): Look {
  const run = `curl -sS --max-time 5 -o /dev/null -w '%{http_code}\\n' https://${host}/`;
  return { on, run, tells };
}
