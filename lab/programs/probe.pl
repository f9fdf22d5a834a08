# Connects to many targets at once, as programs do: a shell would need four processes a target, and a
# crowd's matrix has thousands.
#
#   perl probe.pl SECONDS TARGET...
#
# A target's fields, separated by U+001F: host, port, protocol (tcp, udp, icmp), kind of service (tcp-echo,
# udp-echo, http, dns, or nothing: connect only), address family (4, 6 or nothing), and a nonce for echoes.
# Prints a line for each target: its number and the events of the attempt, separated by tabs, each a name
# and a percent-encoded value. The last event is the end of the attempt:
#
#   unresolved CODE     getaddrinfo's error, such as EAI_NONAME, or `timeout`
#   answered US VALUE   the whole answer came; for HTTP its status, for DNS its response code, else what came
#   closed              the other side ended the connection before its answer was whole
#   timeout             nothing more came within the limit
#   errno CALL NAME     a system call failed, such as `errno connect ECONNREFUSED`
#   icmp TEXT           ping's own report of an ICMP error
#   broken TEXT         the probe itself failed
use strict;
use warnings;
use Errno ();
use POSIX ();
use Socket qw(:all);

# Perl's clock with microseconds is not in every Debian system: clock_gettime(2), by its number.
my ($machine) = (POSIX::uname())[4];
my $clock_gettime = $machine eq "x86_64" ? 228 : 113;
my $clock_monotonic = 1;
my $largest_answer = 1 << 20;

my ($seconds, @targets) = @ARGV;

sub now {
  my $time = pack "q2", 0, 0;
  syscall($clock_gettime, $clock_monotonic, $time) == 0 or die ["broken", "clock_gettime: $!"];
  my ($whole, $nano) = unpack "q2", $time;
  return $whole * 1e6 + $nano / 1e3;
}

# An attempt ends by `die` with its last event.
sub failed {
  my ($call) = @_;
  my $number = $! + 0;
  my ($name) = grep { $!{$_} && $_ ne "EWOULDBLOCK" } sort keys %!;
  die ["errno", $call, $name // $number];
}

sub address_of {
  my ($host, $family) = @_;
  return $host if defined inet_pton($host =~ /:/ ? AF_INET6 : AF_INET, $host);
  my %hints = (socktype => SOCK_STREAM, flags => AI_ADDRCONFIG);
  $hints{family} = $family eq "4" ? AF_INET : AF_INET6 if $family ne "";
  my ($error, $first) = getaddrinfo($host, "", \%hints);
  if ($error) {
    my %codes = (
      EAI_NONAME, "EAI_NONAME", EAI_NODATA, "EAI_NODATA", EAI_AGAIN, "EAI_AGAIN",
      EAI_FAIL, "EAI_FAIL", EAI_ADDRFAMILY, "EAI_ADDRFAMILY",
    );
    my $code = $codes{$error + 0} // die ["broken", "getaddrinfo: $error"];
    die ["unresolved", $code];
  }
  my (undef, $address) = getnameinfo($first->{addr}, NI_NUMERICHOST);
  return $address;
}

sub connected {
  my ($address, $port, $type) = @_;
  my $v6 = $address =~ /:/;
  my $to = $v6 ? pack_sockaddr_in6($port, inet_pton(AF_INET6, $address)) : pack_sockaddr_in($port, inet_aton($address));
  socket(my $socket, $v6 ? AF_INET6 : AF_INET, $type, 0) or die ["broken", "socket: $!"];
  connect($socket, $to) or failed("connect");
  return $socket;
}

sub sent {
  my ($socket, $data) = @_;
  while (length $data) {
    my $length = syswrite($socket, $data) // failed("write");
    substr $data, 0, $length, "";
  }
}

# What comes over a connection until $is_whole says so, or the other side ends; returns it, and whether it is whole.
sub received {
  my ($socket, $is_whole) = @_;
  my $text = "";
  until ($is_whole->($text, 0) || length $text >= $largest_answer) {
    my $length = sysread($socket, $text, 65536, length $text) // failed("read");
    return ($text, $is_whole->($text, 1)) if $length == 0;
  }
  return ($text, 1);
}

sub datagram_answer {
  my ($socket, $question) = @_;
  my $readable = "";
  vec($readable, fileno $socket, 1) = 1;
  # A datagram may be lost: it is sent again each second, as a resolver does.
  do { sent($socket, $question) } until select(my $ready = $readable, undef, undef, 1);
  sysread($socket, my $answer, 65535) // failed("read");
  return $answer;
}

# A whole answer is as long as what was sent; what differs from it is answered at once.
sub tcp_echo {
  my ($socket, $nonce) = @_;
  my $line = "$nonce\n";
  sent($socket, $line);
  my ($text, $is_whole) = received($socket, sub {
    my ($text) = @_;
    return length $text >= length $line || index($line, $text) != 0;
  });
  die ["closed"] unless $is_whole;
  return $text =~ s/\n\z//r;
}

# Status, and the last line of the body, which tells whom the lab's service saw.
sub http {
  my ($socket, $host) = @_;
  $host = "[$host]" if $host =~ /:/;
  sent($socket, "GET / HTTP/1.0\r\nHost: $host\r\n\r\n");
  my ($text, $is_whole) = received($socket, sub {
    my ($text, $is_ended) = @_;
    my $begins = substr "HTTP/1.", 0, length $text;
    return $text ne "" if index($text, $begins) != 0;
    my ($head, $body) = $text =~ /\A(.*?\r?\n)\r?\n(.*)\z/s or return 0;
    return $body =~ /(?:^|\r\n)0\r\n(?:.*\r\n)?\r\n\z/s if $head =~ /^transfer-encoding:.*\bchunked\b/mi;
    return length $body >= $1 if $head =~ /^content-length: *(\d+)/mi;
    return $is_ended;
  });
  die ["closed"] unless $is_whole;
  my ($status) = $text =~ m{\AHTTP/1\.\d (\d{3})\b};
  return ("not HTTP", "") unless defined $status;
  my ($body) = $text =~ /\r?\n\r?\n(.*)\z/s;
  my ($last) = ($body // "") =~ /([^\n]*)\n*\z/;
  return ($status, $last);
}

# The server's own version, which dnsmasq tells whatever names it serves. Returns the response code.
sub dns {
  my ($ask) = @_;
  my $id = int rand 65536;
  my ($txt, $chaos) = (16, 3);
  my $name = join "", map { chr(length) . $_ } "version", "bind", "";
  my $answer = $ask->(pack("n6", $id, 0x0100, 1, 0, 0, 0) . $name . pack("n2", $txt, $chaos));
  return "not DNS" if length $answer < 12;
  my ($answered, $flags) = unpack "n2", $answer;
  return "not DNS" if $answered != $id || !($flags & 0x8000);
  my @codes = qw(NOERROR FORMERR SERVFAIL NXDOMAIN NOTIMP REFUSED);
  return $codes[$flags & 15] // "RCODE" . ($flags & 15);
}

sub dns_over_tcp {
  my ($socket, $question) = @_;
  sent($socket, pack("n/a*", $question));
  my ($text, $is_whole) = received($socket, sub {
    my ($text) = @_;
    return length $text >= 2 && length $text >= 2 + unpack "n", $text;
  });
  die ["closed"] unless $is_whole;
  return substr $text, 2;
}

# ping(8) until one is answered; it ends by itself, and at the first ICMP error.
sub icmp {
  my ($address, $limit) = @_;
  my $pid = open(my $pipe, "-|") // die ["broken", "fork: $!"];
  if ($pid == 0) {
    open STDERR, ">&", \*STDOUT;
    no warnings "exec";
    my $error = exec("ping", "-n", "-c", 1, "-w", $limit, $address) ? "" : "$!";
    syswrite STDOUT, "ping: $error\n";
    POSIX::_exit(127);
  }
  my $text = join "", <$pipe>;
  close $pipe;
  my $code = $? >> 8;
  return "" if $code == 0 && $text =~ /\b[1-9]\d* received/;
  die ["icmp", $1] if $text =~ /^From \S+(?: icmp_seq=\d+)? (.+)$/m;
  # What the kernel refuses to send; only without a raw socket is it ping that lacks something.
  die ["errno", "connect", "ENETUNREACH"] if $text =~ /(?:connect|sendmsg): Network is unreachable/;
  die ["errno", "write", "EPERM"] if $text =~ /sendmsg: Operation not permitted/;
  die ["errno", "connect", "EADDRNOTAVAIL"] if $text =~ /Cannot assign requested address/;
  die ["timeout"] if $code == 1 && $text =~ /\b0 received/;
  die ["broken", $text];
}

sub asked {
  my ($event, $until, $host, $address, $port, $protocol, $service, $nonce) = @_;
  if ($protocol eq "icmp") {
    my $left = POSIX::ceil(($until - now()) / 1e6);
    # The limit is ping's own from here.
    alarm $left + 5;
    return icmp($address, $left > 0 ? $left : 1);
  }
  if ($protocol eq "udp") {
    my $socket = connected($address, $port, SOCK_DGRAM);
    return dns(sub { datagram_answer($socket, $_[0]) }) if $service eq "dns";
    return datagram_answer($socket, $nonce);
  }
  my $socket = connected($address, $port, SOCK_STREAM);
  $event->("connected");
  return tcp_echo($socket, $nonce) if $service eq "tcp-echo";
  return http($socket, $host) if $service eq "http";
  return dns(sub { dns_over_tcp($socket, $_[0]) }) if $service eq "dns";
  return "";
}

sub probe {
  my ($number, $host, $port, $protocol, $service, $family, $nonce) = @_;
  my @events;
  my $event = sub {
    push @events, join " ", map { s/([^!-\$&-~])/sprintf "%%%02X", ord $1/ger } @_;
  };
  my $end = sub {
    $event->(@_);
    syswrite STDOUT, join("\t", $number, @events) . "\n";
    POSIX::_exit(0);
  };
  my $is_resolved = 0;
  # At once, and not when the resolver's function in C returns.
  POSIX::sigaction(POSIX::SIGALRM(), POSIX::SigAction->new(sub {
    $end->($is_resolved ? "timeout" : ("unresolved", "timeout"));
  }));
  $SIG{PIPE} = "IGNORE";
  alarm $seconds;
  my @answer;
  my $is_answered = eval {
    my $until = now() + $seconds * 1e6;
    my $address = address_of($host, $family);
    $is_resolved = 1;
    $event->("resolved", $address);
    my $start = now();
    @answer = asked($event, $until, $host, $address, $port, $protocol, $service, $nonce);
    unshift @answer, sprintf "%d", now() - $start;
    1;
  };
  $end->("answered", @answer) if $is_answered;
  $end->(ref $@ ? @{$@} : ("broken", $@));
}

my $running = 0;
for my $number (0 .. $#targets) {
  if ($running >= 64) {
    wait;
    $running -= 1;
  }
  my $pid = fork // die "fork: $!\n";
  if ($pid == 0) {
    srand;
    probe($number, split /\x1f/, $targets[$number], -1);
  }
  $running += 1;
}
1 while wait != -1;
