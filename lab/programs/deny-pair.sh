# The policy on the standard input, HuJSON, without what lets one node use another: deny-pair.jq.
perl -0pe "$hujson" |
  jq --argjson nodes "$nodes" --argjson routes "$routes" --arg from "$from" --arg to "$to" "$program"
