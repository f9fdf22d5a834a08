# Where the services of a port listen: `all` addresses, `loopback` or `none`. With `state` as what is to be done, it is
# printed; else it is set to what is on the standard input. The servers' own configuration is edited, as by hand.
nginx=/etc/nginx/nginx.conf echoes=/etc/echo-server.conf
edited_nginx() {
  PORT=$port STATE=$1 perl -0pe '
    my ($port, $state) = @ENV{"PORT", "STATE"};
    my %listen = (
      all => "    listen $port backlog=512;\n    listen [::]:$port ipv6only=on backlog=512;\n",
      loopback => "    listen 127.0.0.1:$port backlog=512;\n",
    );
    $listen{none} = $listen{all};
    s{^(#?)  server \{\n.*?^\1  \}\n}{
      my $block = $&;
      (my $plain = $block) =~ s/^#//gm;
      if ($plain =~ /^ *listen (?:\S*:)?$port[ ;]/m) {
        # Published by tailscale serve: it listens on loopback, or not at all.
        my $is_proxied = $plain =~ /proxy_protocol;$/m;
        my $lines = $listen{$is_proxied && $state eq "none" ? "loopback" : $state};
        $lines =~ s/;$/ proxy_protocol;/gm if $is_proxied;
        $plain =~ s/^ *listen .*\n//gm;
        $plain =~ s/^  server \{\n/$&$lines/;
        $plain =~ s/^/#/gm if $state eq "none";
        $block = $plain;
      }
      $block;
    }gmse;' $nginx
}
edited_echoes() {
  local to='' off=''
  [ "$1" != loopback ] || to=@127.0.0.1
  [ "$1" != none ] || off='#'
  sed -E -e "s/^#?([a-z-]+:$port)(@.*)?$/$off\1$to/" -e "s/^(#?proxied-.*:$port)$/\1@127.0.0.1/" $echoes
}
is() {
  { [ ! -e $nginx ] || edited_nginx "$1" | cmp -s - $nginx; } && { [ ! -e $echoes ] || edited_echoes "$1" | cmp -s - $echoes; }
}
if [ "$todo" = state ]; then
  for state in all loopback none; do
    if is $state; then echo $state && exit; fi
  done
  # Edited by somebody else.
  echo all && exit
fi
# edit FILE PROGRAM FUNCTION
edit() {
  [ -e "$1" ] || return 0
  "$3" "$state" > "$1.new"
  if cmp -s "$1.new" "$1"; then
    rm "$1.new"
  else
    mv "$1.new" "$1"
    if service "$2" status > /dev/null; then service "$2" restart; fi
  fi
}
listens() {
  local here
  here=$(ss -Hlntup "sport = :$port" | sed '/"tailscaled"/d')
  case $state in
    all) [[ $here == *"0.0.0.0:$port"* ]] ;;
    loopback) [[ $here == *"127.0.0.1:$port"* && $here != *"0.0.0.0:$port"* ]] ;;
    none) [ -z "$here" ] ;;
  esac
}
state=$(cat)
edit $nginx nginx edited_nginx
edit $echoes echo-server edited_echoes
for program in nginx echo-server; do
  # Stopped, it takes its configuration when it starts.
  if [ "$(service $program status 2> /dev/null)" = "$program is stopped" ]; then exit; fi
done
for ((tries = 0; tries < 100; tries++)); do
  if listens; then exit; fi
  sleep 0.05
done
echo "port $port: still as it was" >&2
exit 1
