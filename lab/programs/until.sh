# until_succeeds COMMAND...: 30 s at most, however long each try takes.
until_succeeds() {
  local since=$SECONDS
  until "$@" > /dev/null 2>&1; do
    if ((SECONDS - since >= 30)); then
      echo "timed out waiting for: $*" >&2
      return 1
    fi
    sleep 0.05
  done
}
