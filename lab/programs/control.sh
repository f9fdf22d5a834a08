# The control server: certificates for itself and the relays, Headscale, users and the policy. It lets nodes in:
# a user's node asks and is registered for its user; one with tags gets a pre-authentication key for one use.
# What it does comes from the settings, which change while it runs.
keep=/lab/control
secrets=/lab/tailnet/secrets
export HEADSCALE_LOG_LEVEL=error

new_key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650)
make_ca() {
  if [ ! -s ca.crt ]; then
    quietly openssl req -x509 "${new_key[@]}" -subj "/CN=tailnet-lab CA" -keyout ca.key -out ca.new
    mv ca.new ca.crt
  fi
  [ -s /lab/tailnet/ca.crt ] || { cp ca.crt /lab/tailnet/ca.new && mv /lab/tailnet/ca.new /lab/tailnet/ca.crt; }
}
certify() {
  [ ! -s "$1.crt" ] || return 0
  quietly openssl req -x509 -CA ca.crt -CAkey ca.key "${new_key[@]}" -subj "/CN=$1" \
    -addext "subjectAltName=DNS:$1" -addext "basicConstraints=critical,CA:FALSE" -keyout "$1.key" -out "$1.new"
  mv "$1.new" "$1.crt"
}
# deliver NAME TOKEN: leaves its standard input for one machine, which alone has the token.
deliver() {
  TOKEN=$2 openssl enc -aes-256-cbc -pbkdf2 -iter 1 -pass env:TOKEN -out "$secrets/$1.new"
  mv "$secrets/$1.new" "$secrets/$1"
}
certificates() {
  local host delivery token
  step "make certificates"
  cd $keep/pki
  make_ca
  certify control.lab.test
  while read -r _ host delivery token; do
    certify "$host"
    [ -s "$secrets/$delivery" ] || cat "$host.crt" "$host.key" | deliver "$delivery" "$token"
  done < "$settings/relays"
  cd /
}

# Takes over Headscale's configuration; `reconfigured` is how many of its files differ from those in use. Headscale is
# started again where they do; a changed record, policy or user needs none.
configure() {
  local name
  reconfigured=0
  for name in config.yaml derp.yaml; do
    cmp -s "$settings/$name" "$keep/$name" && continue
    cp "$settings/$name" "$keep/$name"
    reconfigured=$((reconfigured + 1))
  done
  # Headscale watches this file: it is written in place.
  cmp -s "$settings/dns-records.json" $keep/dns-records.json ||
    cat "$settings/dns-records.json" > $keep/dns-records.json
}
answers() { users=$(headscale users list -o json); }

# make_user NAME
make_user() {
  local id
  id=$(jq -r --arg name "$1" '.[]? | select(.name == $name) | .id' <<< "$users")
  [ -n "$id" ] || headscale users create "$1" -o json | jq -er .id > /dev/null
}
# make_key DELIVERY TOKEN TAGS: a key for one node and one use.
make_key() {
  local key
  key=$(headscale preauthkeys create --expiration 87600h --tags "$3" -o json | jq -er .key)
  deliver "$1" "$2" <<< "$key"
}
# register DELIVERY TOKEN USER: what the node asks is encrypted with its token, so no other can ask for it. A key
# would be hashed twice by bcrypt, when it is made and when it is used: 0.14 s of processor time a node.
register() {
  local id
  id=$(TOKEN=$2 openssl enc -d -aes-256-cbc -pbkdf2 -iter 1 -pass env:TOKEN -in "/lab/requests/$1")
  rm -f "/lab/requests/$1"
  headscale auth register --auth-id "$id" --user "$3" > /dev/null
}
# together: waits for the jobs in `pids`; one that failed fails here.
together() {
  local pid
  for pid in "${pids[@]}"; do wait "$pid"; done
  pids=()
}
# At once, as each is a process that starts and waits; no more, as each takes some 50 MB.
most_together=8
members() {
  local name delivery token user tags id ids gone request pids=()
  step "make users"
  answers
  while read -r user; do
    make_user "$user" & pids+=($!)
    ((${#pids[@]} < most_together)) || together
  done < "$settings/users"
  together
  answers
  step "forget nodes that are no longer declared, or are another's now"
  cut -d ' ' -f 1,2 "$settings/members" > $keep/declared.new
  if gone=$(grep -vxF -f $keep/declared.new $keep/declared 2> /dev/null | cut -d ' ' -f 1); then
    ids=$(headscale nodes list -o json |
      jq -r --arg gone "$gone" '($gone | split("\n")) as $g | .[]? | select(.name | IN($g[])) | .id')
    for id in $ids; do quietly headscale nodes delete --identifier "$id" --force; done
  fi
  mv $keep/declared.new $keep/declared
  # What a node that is gone has asked.
  for request in /lab/requests/*; do
    [[ $request == *.new ]] || grep -qF " ${request##*/} " "$settings/members" || rm -f "$request"
  done
  step "make keys"
  while read -r name delivery token user tags; do
    [ "$tags" != - ] && [ ! -s "$secrets/$delivery" ] || continue
    make_key "$delivery" "$token" "$tags" & pids+=($!)
    ((${#pids[@]} < most_together)) || together
  done < "$settings/members"
  together
}

# The policy is set again only where its file is a new one, so that one set by hand survives a restart.
# Its tests need the nodes: before Headscale runs, it is put into the database, which does not run them.
set_policy() {
  local output direct=(--bypass-grpc-and-access-database-directly --force) sum file=$settings/policy.hujson
  step "set the policy"
  if [ ! -e "$file" ]; then
    # Headscale can't unset a policy, but one without rules allows everything.
    [ -e $keep/policy.sha256 ] || return 0
    file=/tmp/no-policy.hujson
    echo '{}' > $file
  fi
  sum=$(sha256sum < "$file")
  [ "$sum" != "$(cat $keep/policy.sha256 2> /dev/null)" ] || return 0
  if [ "$1" = running ]; then
    # Tests about a node that has yet to join fail now; whoever waits for the nodes runs them all again.
    output=$(headscale policy set -f "$file" 2>&1) ||
      output=$(headscale policy set -f "$settings/policy-without-tests.hujson" 2>&1) ||
      fail "Headscale rejects the policy: $(last_lines "$output")"
  else
    output=$(headscale policy set "${direct[@]}" -f "$file" 2>&1) ||
      fail "Headscale rejects the policy: $(last_lines "$output")"
  fi
  echo "$sum" > $keep/policy.sha256
  [ -e "$policy_base" ] || return 0
  cp "$file" "$policy_base.new"
  mv "$policy_base.new" "$policy_base"
  # Before Headscale runs nothing is injected; the boot script does so at its end.
  [ "$1" = running ] || return 0
  step "inject faults of the policy again"
  policy_faults
}
# Where a fault of the policy keeps what was in force before it (lab/faults/store.ts); without one there is no such file.
policy_base=/var/lib/tailnet-lab/settings/$(printf policy | sha256sum | cut -c 1-16)
# A declared policy is what faults of the policy start from. All that such a fault does is done again: Headscale approves
# routes by a new policy's auto-approvers.
policy_faults() {
  local step other
  for step in /var/lib/tailnet-lab/faults/*/; do
    [ "$(cat "$step/base" 2> /dev/null)" = "$policy_base" ] || continue
    for other in "${step%.*}".*/; do
      [ ! -e "$other/inject" ] || [ -e "$other/undo" ] || quietly bash -Eeuo pipefail "$other/inject"
    done
  done
}
relays() {
  local code host
  step "wait for the relays"
  while read -r code host _; do
    wait_for 60 "relay $code" curl -sSf --max-time 1 "https://$host/generate_204"
  done < "$settings/relays"
}

# apply VERSION: what has changed, while Headscale runs. Its last line of output says why it failed.
apply() {
  settings=/lab/settings/$1
  certificates
  configure
  if ((reconfigured > 0)); then
    relays
    step "restart Headscale with another configuration"
    touch /run/programs/headscale.restart
    kill "$(< /run/programs/headscale.pid)"
    while [ -e /run/programs/headscale.restart ]; do pause 20000; done
    wait_for 60 "Headscale" answers
  fi
  members
  set_policy running
}
# let_in: answers the nodes' requests; fails where there is none to answer. A node that is not in these settings is
# in the next. A node whose request fails is sent to another login page, and asks again.
let_in() {
  local name delivery token user tags pids=() served=0
  while read -r name delivery token user tags; do
    [ -e "/lab/requests/$delivery" ] || continue
    if [ "$tags" = - ]; then
      register "$delivery" "$token" "$user" &
    else
      rm -f "/lab/requests/$delivery"
      make_key "$delivery" "$token" "$tags" &
    fi
    pids+=($!)
    served=$((served + 1))
    ((${#pids[@]} < most_together)) || together
  done < "$settings/members"
  together
  ((served > 0))
}
# outcome VERSION applied|REASON: for whoever changed the settings, and for the log.
outcome() {
  echo "$1 $2" > /run/settings.new
  mv /run/settings.new /run/settings
  echo "tailnet-lab: settings $1 $2"
}
follow_settings() {
  local seen=$version request interval=20000
  while :; do
    pause $interval
    ((interval >= 200000)) || interval=$((interval + 200))
    { read -r version < /lab/settings/version; } 2> /dev/null || continue
    if [ "$version" != "$seen" ]; then
      seen=$version
      # A job of its own: in a condition a failed command would not end it.
      (
        reporting_shell=$BASH_SUBSHELL failed_prefix=''
        apply "$version"
      ) > /run/settings.output &
      if wait $!; then
        outcome "$version" applied
      else
        outcome "$version" "failed: $(tail -n 1 /run/settings.output)"
      fi
      settings=/lab/settings/$version
    fi
    for request in /lab/requests/*; do
      # One that is being written has a second dot more.
      [ -e "$request" ] && [[ $request != *.new ]] || continue
      let_in &
      # Who joins is seldom alone.
      if wait $!; then interval=20000; fi
      break
    done
  done
}

step "wait for the settings"
wait_for 60 "the settings of the lab, which the container settings writes" test -s /lab/settings/version
read -r version < /lab/settings/version
settings=/lab/settings/$version
mkdir -p $keep/pki $keep/headscale $secrets /lab/requests /var/run/headscale /etc/headscale
# Where Headscale's own command line looks for it.
ln -sfn $keep/config.yaml /etc/headscale/config.yaml
rm -f /lab/tailnet/open
certificates
configure
set_policy stopped
step "start Headscale"
run_program headscale env HEADSCALE_LOG_LEVEL=info headscale serve
# An answer to a command, not the socket's file: a restart finds an old one.
wait_for 60 "Headscale" answers
members
relays
touch /lab/tailnet/open
outcome "$version" applied
follow_settings &
