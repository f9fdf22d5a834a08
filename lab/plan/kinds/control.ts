import { stringify } from "yaml";
import type { Topology } from "../../topology/schema.ts";
import { serverAddress } from "../addresses.ts";
import { bootScript, quote } from "../boot.ts";
import {
  derpMap,
  derpMapPath,
  headscaleConfig,
  headscaleConfigPath,
  policyPath,
  serverName,
} from "../headscale-config.ts";
import { identityOf } from "../identity.ts";
import { type Machine, nodeSpec, type Placement } from "../machine.ts";
import type { PlannedFile } from "../plan.ts";
import { onVolume } from "../volume.ts";

/** What the control server is made from, beside the topology. */
export interface ControlParts {
  /** Headscale's version. */
  version: string;
  /** HuJSON, and the users that it mentions; absent: everyone may reach everything. */
  policy: { text: string; users: string[] } | undefined;
  addressOf: (node: string) => string | undefined;
}

/**
 * The control server: certificates for itself and the relays, Headscale, the policy, users and one
 * pre-authentication key for each identity; last, the files that let the nodes join.
 */
export function controlServer(
  topology: Topology,
  { version, policy, addressOf }: ControlParts,
  at: Placement,
): Machine {
  const hosts = [serverName.control, ...Object.keys(topology.relays).map(serverName.relay)];
  const start = `step "make certificates"
rm -rf ${onVolume.open}
mkdir -p ${onVolume.pki} ${onVolume.keys} ${onVolume.headscale} /var/run/headscale
cd ${onVolume.pki}
${certify}
${hosts.map((host) => `certify ${host}`).join("\n")}
cd /
`;
  const join = `step "set the policy"
${policy === undefined ? unsetPolicy : setPolicy}
step "start Headscale"
headscale serve &
headscale=$!
# An answer to a command, not the socket's file: a restart finds an old one.
wait_for 60 "Headscale" eval 'users=$(headscale users list -o json)'
${admit(topology, policy?.users ?? [])}
step "wait for the relays"
${Object.keys(topology.relays)
  .map(
    (code) =>
      `wait_for 60 "relay ${code}" curl -sSf --max-time 1 https://${serverName.relay(code)}/generate_204`,
  )
  .join("\n")}
mv ${onVolume.open}.new ${onVolume.open}
`;
  const resolve = (server: string) =>
    server === "internet" ? serverAddress.dns : (addressOf(server) ?? server);
  return {
    spec: nodeSpec("control", at),
    image: { program: "headscale", version },
    interfaces: at.interfaces,
    boot: bootScript(at, { resolver: serverAddress.dns, start, join }),
    files: [
      file(headscaleConfigPath, stringify(headscaleConfig(topology, resolve))),
      file(derpMapPath, stringify(derpMap(topology))),
      ...(policy === undefined ? [] : [file(policyPath, policy.text)]),
    ],
    volume: "write",
  };
}

/** Shell lines: users, keys and invitations for all nodes; those of before are forgotten. */
function admit(topology: Topology, policyUsers: readonly string[]): string {
  const members = Object.entries(topology.nodes).flatMap(([name, node]) =>
    node.kind === "tailscale" ? [{ name, identity: identityOf(node) }] : [],
  );
  const identities = [
    ...new Map(members.map(({ identity }) => [identity.file, identity])).values(),
  ];
  const users = new Set([...identities.flatMap(({ user }) => user ?? []), ...policyUsers]);
  const declared = members.map(({ name, identity }) => `${name} ${identity.file}`);
  const invitations = members.map(({ name, identity }) =>
    onVolume.invitation(name, identity).replace(onVolume.open, `${onVolume.open}.new`),
  );
  const strangers = [...users].filter((user) => !identities.some((each) => each.user === user));
  return `step "make users and keys"
${makeUsersAndKeys}
${[
  ...identities.map(({ file, user, tags }) =>
    user === undefined
      ? `make_key ${file} --tags ${tags.join(",")} &`
      : `make_user ${quote(user)} ${file} &`,
  ),
  ...strangers.map((user) => `make_user ${quote(user)} &`),
].join("\n")}
for job in $(jobs -p); do [ "$job" = "$headscale" ] || wait "$job"; done
step "forget nodes that are no longer declared, or are another's now"
cd ${onVolume.headscale}
printf '%s\\n' ${declared.map(quote).join(" ")} > declared.new
if gone=$(grep -vxF -f declared.new declared 2>/dev/null | cut -d ' ' -f 1); then
  ids=$(headscale nodes list -o json |
    jq -r --arg gone "$gone" '($gone | split("\\n")) as $g | .[]? | select(.name | IN($g[])) | .id')
  for id in $ids; do quietly headscale nodes delete --identifier "$id" --force; done
fi
mv declared.new declared
cd /
rm -rf ${onVolume.open}.new
mkdir ${onVolume.open}.new
touch ${[`${onVolume.open}.new`, ...invitations].join(" ")}`;
}

function file(path: string, content: string): PlannedFile {
  return { path, content };
}

const certify = `new_key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650)
if [ ! -s ca.crt ]; then
  quietly openssl req -x509 "\${new_key[@]}" -subj "/CN=tailnet-lab CA" -keyout ca.key -out ca.new
  mv ca.new ca.crt
fi
certify() {
  [ ! -s "$1.crt" ] || return 0
  quietly openssl req -x509 -CA ca.crt -CAkey ca.key "\${new_key[@]}" -subj "/CN=$1" \\
    -addext "subjectAltName=DNS:$1" -addext "basicConstraints=critical,CA:FALSE" -keyout "$1.key" -out "$1.new"
  mv "$1.new" "$1.crt"
}`;

const policySum = `${onVolume.headscale}/policy.sha256`;
const setIt = "headscale policy set --force --bypass-grpc-and-access-database-directly -f";

// The policy is set again only where its file is a new one, so that one set by hand survives a
// restart. Its tests need the nodes: who waits for the tailnet has Headscale run them.
const setPolicy = `if ! sha256sum --status -c ${policySum} 2>/dev/null; then
  said=$(${setIt} ${policyPath} 2>&1) || fail "Headscale rejects the policy: $(last_words "$said")"
  sha256sum ${policyPath} > ${policySum}
fi`;

// A lab that had a policy: Headscale can't unset it, but one without rules allows everything.
const unsetPolicy = `if [ -e ${policySum} ]; then
  echo '{}' > /tmp/no-policy.hujson
  quietly ${setIt} /tmp/no-policy.hujson
  rm ${policySum}
fi`;

const makeUsersAndKeys = `# make_key FILE FLAGS...: one reusable key, kept over restarts.
make_key() {
  local key=${onVolume.keys}/$1
  shift
  [ ! -s "$key" ] || return 0
  headscale preauthkeys create --reusable --expiration 87600h "$@" -o json | jq -er .key > "$key.new"
  mv "$key.new" "$key"
}
# make_user NAME [FILE]: the user, and the key by which its nodes join.
make_user() {
  local id
  id=$(jq -r --arg name "$1" '.[]? | select(.name == $name) | .id' <<< "$users")
  [ -n "$id" ] || id=$(headscale users create "$1" -o json | jq -er .id)
  [ $# = 1 ] || make_key "$2" --user "$id"
}`;
