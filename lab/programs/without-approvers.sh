# The policy on the standard input, HuJSON, without the auto-approvers of some routes and, where $exit is true, of exit nodes.
perl -0pe "$hujson" |
  jq --argjson routes "$routes" --argjson exit "$exit" '
    reduce $routes[] as $route (.; del(.autoApprovers.routes[$route]))
    | if $exit then del(.autoApprovers.exitNode) else . end'
