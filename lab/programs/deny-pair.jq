# Takes away from a policy what lets one node use another, and nothing else. What was allowed by a user, a tag or everybody
# is then allowed by the addresses of the nodes that there are. Arguments: $from and $to, names in $nodes, a list of
# {name, ips, user, tags}, `user` null for machines without Tailscale; $routes, prefixes behind subnet routers.
# Tests are left out: they would have Headscale refuse the policy.
def number: split(".") | map(tonumber) | reduce .[] as $octet (0; . * 256 + $octet);
# IPv4; of IPv6 only the same address.
def within($prefix):
  . as $ip
  | ($prefix | split("/")) as [$net, $length]
  | if $ip == $net then true
    elif $length == null or ($ip + $net | contains(":")) then false
    else pow(2; 32 - ($length | tonumber)) as $size
      | ($ip | number / $size | floor) == ($net | number / $size | floor)
    end;
def named($name): $nodes[] | select(.name == $name);
def is_own: .user != null and .tags == [];
def of_user($user): is_own and .user == ($user | rtrimstr("@"));
def is_about($policy; $selector):
  . as $node
  | if $selector == "*" then true
    elif $selector | startswith("group:") then any(($policy.groups // {})[$selector][]?; . as $user | $node | of_user($user))
    elif $selector | startswith("tag:") then any($node.tags[]; . == $selector)
    elif $selector == "autogroup:member" then is_own
    elif $selector == "autogroup:tagged" then $node.tags != []
    elif $selector | startswith("autogroup:") then false
    elif $selector | contains("@") then of_user($selector)
    else (($policy.hosts // {})[$selector] // $selector) as $prefix
      | ($prefix | test("^[0-9a-f.:]+(/[0-9]+)?$")) and any($node.ips[]; within($prefix))
    end;
# All that the selectors are about, but one node.
def others($policy; $selectors; $without):
  [$selectors[] as $selector | $nodes[] | select(.name != $without and is_about($policy; $selector)) | .ips[]]
  + (if any($selectors[]; . == "*") then $routes else [] end)
  | unique;
def without_empty: map(select(.src != [] and .dst != []));
def denied($policy):
  . as $rule
  | [.src[] | . as $selector | select(named($from) | is_about($policy; $selector))] as $sources
  | [.dst[] | . as $selector | select(named($to) | is_about($policy; $selector))] as $targets
  | if $sources == [] or $targets == [] then [$rule]
    else [
        $rule + {src: (.src - $sources + others($policy; $sources; $from))},
        $rule + {
          src: named($from).ips,
          dst: (.dst - $targets + others($policy; $targets; $to)
            + if any($targets[]; . == "*") then ["autogroup:internet"] else [] end)
        }
      ]
    end;
# "autogroup:self": each node and those of the same user.
def denied_self($policy):
  . as $rule
  | if (named($from) | is_own) and (named($to) | is_own) and named($from).user == named($to).user
      and any(.src[]; . as $selector | named($from) | is_about($policy; $selector))
    then [
        $nodes[] | . as $node | select(is_own and any($rule.src[]; . as $selector | $node | is_about($policy; $selector)))
        | $rule + {
            src: .ips,
            dst: [$nodes[] | select(is_own and .user == $node.user and ([$node.name, .name] != [$from, $to])) | .ips[]]
          }
      ]
    else [$rule]
    end;
def rules($policy):
  map(
    (. + {dst: (.dst - ["autogroup:self"])} | denied($policy)[]),
    (select(any(.dst[]; . == "autogroup:self")) | . + {dst: ["autogroup:self"]} | denied_self($policy)[])
  ) | without_empty;
# A rule of `acls` has its ports in its destinations: one for each, without them, and back.
def split_ports:
  map(. as $rule | .dst[] | capture("^(?<dst>.*):(?<ports>[^:]*)$") as {$dst, $ports} | $rule + {dst: [$dst], ports: $ports});
def join_ports: map(.ports as $ports | .dst |= map(select(contains(":") and test("^[0-9a-f:]+$") | not) + ":" + $ports) | del(.ports));
. as $policy
| if has("grants") or has("acls") then . else . + {grants: [{src: ["*"], dst: ["*"], ip: ["*"]}]} end
| if has("grants") then .grants |= rules($policy) else . end
| if has("acls") then .acls |= (split_ports | rules($policy) | join_ports | without_empty) else . end
| del(.tests, .sshTests)
