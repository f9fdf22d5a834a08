/**
 * Connects once, as a program would: $1 host, $2 port, $3 protocol, $4 kind of service, $5 `v4`, `v6` or
 * nothing, $6 a nonce, $7 seconds. Each stage passed is a line; what fails speaks on standard error.
 */
const probe = `set -u
host=$1 port=$2 protocol=$3 service=$4 family=$5 nonce=$6 seconds=$7
if [[ $host =~ ^[0-9.]+$ || $host == *:* ]]; then address=$host
else
  found=$(getent "ahosts$family" "$host") || { code=$?; [ $code = 2 ] && echo unresolved; exit $code; }
  # Where a name has IPv4 addresses only, ahostsv6 maps them: they are none of IPv6's.
  [ "$family" = v6 ] && found=$(grep -v '^::ffff:' <<< "$found")
  address=\${found%% *}
  [ -n "$address" ] || { echo unresolved; exit 2; }
fi
echo "resolved $address"
start=$EPOCHREALTIME
answered() { local now=$EPOCHREALTIME; echo "answered $((\${now/./} - \${start/./})) \${1-}"; }
case $protocol-$service in
  icmp-*) ping -n -c 1 -W "$seconds" "$address" && answered ;;
  udp-dns) dig +tries=1 "+time=$seconds" "@$address" -p "$port" . SOA >&2 && answered ;;
  udp-*)
    exec 3<>"/dev/udp/$address/$port" && printf '%s' "$nonce" >&3 &&
      reply=$(dd bs=65535 count=1 status=none <&3) && answered "$reply" ;;
  tcp-tcp-echo)
    exec 3<>"/dev/tcp/$address/$port" && echo connected && printf '%s\\n' "$nonce" >&3 &&
      { read -r reply <&3 || echo closed; } && answered "\${reply-}" ;;
  tcp-http)
    exec 3<>"/dev/tcp/$address/$port" && echo connected &&
      printf 'GET / HTTP/1.0\\r\\nHost: %s\\r\\n\\r\\n' "$host" >&3 &&
      reply=$(cat <&3) && answered "\${reply##*$'\\n'}" ;;
  *) exec 3<>"/dev/tcp/$address/$port" && answered ;;
esac`;

/** Connections at once from one node: a probe is four processes. */
const atOnce = 16;

/**
 * Runs `probe` for many targets at once. Arguments: seconds, then one word a target, its fields apart by U+001F.
 * Prints a line a target: its number, the exit code (124 after the time limit), and its words, with
 * `|` between lines.
 */
export const probeAll = `seconds=$1; shift; number=0
for target in "$@"; do
  ((number < ${atOnce})) || wait -n
  (
    IFS=$'\\x1f' read -r host port protocol service family nonce <<< "$target"
    words=$(timeout "$seconds" bash -c "$PROBE" probe "$host" "$port" "$protocol" "$service" "$family" "$nonce" "$seconds" 2>&1)
    code=$?
    words=\${words//[$'\\r\\t']/ }
    printf '%s\\t%s\\t%s\\n' "$number" "$code" "\${words//$'\\n'/|}"
  ) &
  number=$((number + 1))
done
wait`;

export const probeEnvironment = { PROBE: probe, LC_ALL: "C" };

/** A target as `probeAll` reads it. The separator is no blank, so that a field may be empty. */
export function probeTarget(fields: readonly (string | number)[]): string {
  return fields.join("\u001f");
}
