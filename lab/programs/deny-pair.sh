# The policy on the standard input, HuJSON, without what lets one node use another: deny-pair.jq. Comments and commas before
# a closing bracket are no JSON.
perl -0pe '
  s{("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/}{$1 // ""}gse;
  s{("(?:[^"\\]|\\.)*")|,(?=\s*[\]\}])}{$1 // ""}gse;' |
  jq --argjson nodes "$nodes" --argjson routes "$routes" --arg from "$from" --arg to "$to" "$program"
