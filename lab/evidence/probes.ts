/**
 * Scripts that try what tailscaled needs, in ways of the system's own: the control server, each relay, each resolver.
 * They ask tailscaled where these are, so that they are the same on every machine.
 */

/** The same answer of Tailscale's own control server and of Headscale. */
export const controlScript = `url=$(tailscale debug prefs | sed -n 's/.*"ControlURL": "\\([^"]*\\)".*/\\1/p')
echo "url $url"
curl -sS --connect-timeout 3 -m 4 -o /dev/null -w 'answer %{http_code} %{remote_ip}\\n' "$url/key?v=142" 2>&1 || echo "exit $?"`;

/** Past DNS, as tailscaled does where it knows the address. 1312 bytes are those of WireGuard for a packet of 1280. */
export const relayScript = `tailscale debug derp-map | awk -F'"' '
/"HostName"/ { host = $4; address = ""; port = 443 } /"IPv4"/ { address = $4 }
/"DERPPort"/ { port = $3; gsub(/[^0-9]/, "", port) } /}/ && host { print host, port, address; host = "" }' |
{ while read -r host port address; do
  https=\${address:+--resolve $host:$port:$address} http=\${address:+--resolve $host:80:$address}
  { out=$(curl -sS --connect-timeout 3 -m 4 $https -o /dev/null -w '%{http_code} %{time_connect}' "https://$host:$port/generate_204" 2>&1)
    echo "$host https $? $(echo "$out" | tr '\\n' ' ')"; } &
  { out=$(curl -sS --connect-timeout 3 -m 4 $http -H "X-Tailscale-Challenge: ts_$host" -o /dev/null \\
      -w '%{http_code} %header{x-tailscale-response} %{redirect_url}' "http://$host/generate_204" 2>&1)
    echo "$host http $? $(echo "$out" | tr '\\n' ' ')"; } &
  { small=no large=no
    ping -n -c 1 -W 1 -s 1000 "\${address:-$host}" > /dev/null 2>&1 && small=yes
    out=$(ping -n -M do -c 2 -i 0.3 -W 1 -s 1312 "\${address:-$host}" 2>&1) && large=yes
    echo "$host ping $small $large $(echo "$out" | grep -oE 'mtu ?= ?[0-9]+' | head -n 1 | tr -dc 0-9)"; } &
done; wait; }`;

/**
 * Any answer will do: also a server that refuses to know the root is up. Three queries, each 0.3 s after the one before
 * and only where none is answered yet, as one may be lost; then, into the tunnel, a last one for 2 s, as its path
 * may be about to change.
 */
export const resolverScript = `{ tailscale dns status --json | sed -n 's/.*"Addr": "\\([^"]*\\)".*/\\1/p'
  sed -n 's/^nameserver  *\\([^ ]*\\).*/\\1/p' /etc/resolv.conf; } | sort -u | { while read -r server; do
  { answer=$(mktemp)
    ask() { dig +tries=1 "+time=$1" "@$server" . NS 2>&1 | grep -oE 'status: [A-Z]+|^dig: parse of .* failed' >> "$answer"; }
    for i in 1 2 3; do
      [ -s "$answer" ] && break
      ask 1 &
      sleep 0.3
    done
    wait
    [ -s "$answer" ] || case $(ip route get "$server" 2>&1) in *"table 52"*) ask 2 ;; esac
    # dig reads /etc/resolv.conf in any case, and asks nobody where it can't.
    grep -q '^dig:' "$answer" || echo "$server status $(head -n 1 "$answer" | cut -d ' ' -f 2)"
    rm "$answer"; } &
done; wait; }`;

/** How the control server answers a connection that is made now. */
export interface ControlProbe {
  url: string;
  /** HTTP's; undefined where there was no answer. */
  status: number | undefined;
  address: string;
  /** curl's: 6 the name has no address, 7 refused, 28 no answer in time, 60 the certificate. */
  exitCode: number;
  /** curl's own words. */
  error: string;
}

export function parseControlProbe(text: string): ControlProbe {
  const url = /^url (\S+)/m.exec(text)?.[1];
  if (url === undefined) throw new Error("tailscaled does not say where control is");
  // curl says it where nobody answers too, as 000.
  const answer = /answer (\d{3}) (\S*)$/m.exec(text);
  if (answer === null) throw new Error("it is cut off: curl's answer is not in it");
  const status = Number(answer?.[1] ?? 0);
  return {
    url,
    status: status === 0 ? undefined : status,
    address: answer?.[2] ?? "",
    exitCode: Number(/^exit (\d+)/m.exec(text)?.[1] ?? 0),
    error: /^curl: .*/m.exec(text)?.[0] ?? "",
  };
}

/** Whether the name of the control server has no address, or none in time. */
export function isNameMissing({ exitCode, error }: ControlProbe): boolean {
  return exitCode === 6 || /^curl: \(28\) Resolving/.test(error);
}

/** curl(1): 60 is a certificate that can't be verified, 51 one of another name. */
export function isUntrusted({ exitCode }: Pick<ControlProbe, "exitCode">): boolean {
  return exitCode === 60 || exitCode === 51;
}

/** How a relay answers by TCP: STUN is netcheck's. */
export interface RelayProbe {
  host: string;
  https: { exitCode: number; status: number; text: string; connectMs: number };
  /** Whether the relay itself has answered on port 80, and not somebody in its place. */
  http: { exitCode: number; status: number; isRelay: boolean; text: string };
  /** Pings: of 1028 bytes, and of 1340 that may not be cut into pieces. */
  ping: { small: boolean; large: boolean; mtu: number | undefined };
}

export function parseRelayProbes(text: string): RelayProbe[] {
  const hosts = new Map<string, RelayProbe>();
  for (const line of text.split("\n")) {
    const [host = "", kind, code = "", ...words] = line.split(" ");
    if (kind !== "https" && kind !== "http" && kind !== "ping") continue;
    const probe = hosts.get(host) ?? unprobed(host);
    hosts.set(host, probe);
    const rest = words.join(" ").trim();
    if (kind === "ping") {
      const [large, mtu] = words;
      if (large !== "yes" && large !== "no") continue;
      probe.ping = {
        small: code === "yes",
        large: large === "yes",
        mtu: mtu ? Number(mtu) : undefined,
      };
      continue;
    }
    const answer = {
      exitCode: Number(code),
      status: Number(/\b(\d{3})\b(?!.*\bms\b)/.exec(rest)?.[1] ?? 0),
      // curl prints 000 where there was no answer, and a page of advice about certificates.
      text: rest.replace(/ 000( [\d.]+)?$/, "").replace(/ More details here:.*$/, ""),
    };
    if (kind === "https") {
      const [, status, seconds] = /^(\d{3}) ([\d.]+)$/.exec(answer.text) ?? [];
      probe.https = {
        ...answer,
        text: status ?? answer.text,
        connectMs: Number(seconds ?? 0) * 1000,
      };
    } else probe.http = { ...answer, isRelay: rest.includes(`response ts_${host}`) };
  }
  // They end in any order.
  return [...hosts.values()].sort((a, b) => (a.host < b.host ? -1 : 1));
}

function unprobed(host: string): RelayProbe {
  return {
    host,
    https: { exitCode: -1, status: 0, text: "", connectMs: 0 },
    http: { exitCode: -1, status: 0, isRelay: false, text: "" },
    ping: { small: false, large: false, mtu: undefined },
  };
}

/** Whether a DNS server answers at all. */
export interface ResolverProbe {
  server: string;
  /** NOERROR, REFUSED, SERVFAIL; undefined where it did not answer. */
  status: string | undefined;
  /** As printed. */
  line: string;
}

export function parseResolverProbes(text: string): ResolverProbe[] {
  return text.split("\n").flatMap((line) => {
    const [server = "", word, status] = line.trim().split(" ");
    // Not every word after one is an address: DNS over HTTPS is asked by a URL. A line may be cut off; earlier versions
    // had dig's exit code in place of the word.
    if (word === undefined || !/^(?:status|\d+)$/.test(word)) return [];
    if (!/^[\da-f.:]+$/i.test(server)) return [];
    return [{ server, status: status || undefined, line: line.trim() }];
  });
}

/** A connection of tailscaled's, of `ss -Htnpoi state established`. */
export interface Connection {
  remote: string;
  port: number;
  /** Since it last received anything. */
  idleMs: number;
  /** Since the other end last acknowledged anything. */
  ackMs: number;
  /** What was sent, or only asked to keep it alive, and is not acknowledged yet: how often it was sent again. */
  unanswered: number;
  line: string;
}

export function parseConnections(text: string): Connection[] {
  const lines = text.split("\n");
  return lines.flatMap((line, index) => {
    const [, , , peer = ""] = line.trim().split(/\s+/);
    const end = /^\[?([\da-f.:]+?)\]?:(\d+)$/i.exec(peer);
    const idle = /lastrcv:(\d+)/.exec(lines[index + 1] ?? "");
    if (end === null || idle === null || !line.includes('"tailscaled"')) return [];
    const remote = (end[1] ?? "").replace(/^::ffff:/, "");
    const timer = /timer:\(\w+,[^,)]*,(\d+)\)/.exec(line);
    const ack = /lastack:(\d+)/.exec(lines[index + 1] ?? "");
    return [
      {
        remote,
        port: Number(end[2]),
        idleMs: Number(idle[1]),
        ackMs: Number(ack?.[1] ?? 0),
        unanswered: Number(timer?.[1] ?? 0),
        line: [peer, timer?.[0], idle[0], ack?.[0]].filter((part) => part !== undefined).join(" "),
      },
    ];
  });
}
