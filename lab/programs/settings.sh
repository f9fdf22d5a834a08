# Publishes the lab's settings on two volumes: what control alone may know, and what every machine may.
# A reader finds either the whole old version or the whole new one. Argument: the version.
set -Eeuo pipefail
trap 'echo "tailnet-lab: failed: publish the settings: line $LINENO: $BASH_COMMAND"' ERR
version=$1
publish() {
  local from=$1 to=$2 before entry
  before=$(readlink "$to/current" || true)
  rm -rf "${to:?}/$version.new" "$to/current.new"
  # One that is there is whole, and may be read at this moment.
  if [ ! -d "$to/$version" ]; then
    cp -r "$from" "$to/$version.new"
    mv -T "$to/$version.new" "$to/$version"
  fi
  ln -s "$version" "$to/current.new"
  mv -T "$to/current.new" "$to/current"
  echo "$version" > "$to/version.new"
  mv "$to/version.new" "$to/version"
  # The version before may still be read.
  for entry in "$to"/*/; do
    entry=${entry%/}
    case ${entry##*/} in "$version" | "$before" | current) ;; *) rm -rf "$entry" ;; esac
  done
}
publish /settings/network /lab/network
publish /settings/control /lab/settings
echo "$READY_LINE"
