/**
 * Connects to many targets at once, as programs do, in Perl, which every Debian system has: a shell would
 * need four processes a target, and a crowd's matrix has thousands. Arguments: seconds, then one word a
 * target, its fields apart by U+001F: host, port, protocol, kind of service, `4`, `6` or nothing, a nonce.
 * Prints a line a target: its number, an exit code (124 after the time limit), and what was said, with `|`
 * between lines. Each stage passed is a line; what fails says why.
 */
export const probeScript = String.raw`use strict;
use warnings;
use POSIX ();
use Socket qw(:all);

my ($seconds, @targets) = @ARGV;
# Perl's own clock with microseconds is not in every Debian system: clock_gettime(2), by its number.
my ($machine) = (POSIX::uname())[4];
my $clock_gettime = $machine eq "x86_64" ? 228 : 113;

sub now {
  my $time = pack "q2", 0, 0;
  syscall($clock_gettime, 1, $time) == 0 or die "clock: $!\n";
  my ($whole, $nano) = unpack "q2", $time;
  return $whole * 1e6 + $nano / 1e3;
}

# What a program says, both streams.
sub output {
  my $pid = open(my $pipe, "-|") // die "fork: $!\n";
  if ($pid == 0) {
    open STDERR, ">&", \*STDOUT;
    no warnings "exec";
    exec @_ or syswrite STDOUT, "$_[0]: $!\n";
    POSIX::_exit(127);
  }
  my $text = join "", <$pipe>;
  close $pipe;
  die $text if $? != 0;
  return $text;
}

sub address_of {
  my ($host, $family) = @_;
  return $host if defined inet_pton($host =~ /:/ ? AF_INET6 : AF_INET, $host);
  my %hints = (socktype => SOCK_STREAM, flags => AI_ADDRCONFIG);
  $hints{family} = $family eq "4" ? AF_INET : AF_INET6 if $family ne "";
  my ($error, $first) = getaddrinfo($host, "", \%hints);
  return (undef, $error) if $error;
  my (undef, $address) = getnameinfo($first->{addr}, NI_NUMERICHOST);
  return $address;
}

sub connected {
  my ($address, $port, $type) = @_;
  my $v6 = $address =~ /:/;
  my $to = $v6 ? pack_sockaddr_in6($port, inet_pton(AF_INET6, $address)) : pack_sockaddr_in($port, inet_aton($address));
  socket(my $socket, $v6 ? AF_INET6 : AF_INET, $type, 0) or die "socket: $!\n";
  connect($socket, $to) or die "connect: $!\n";
  return $socket;
}

# All that comes until the other side ends, or until the end of a line.
sub received {
  my ($socket, $until_line) = @_;
  my $text = "";
  while (!$until_line || $text !~ /\n/) {
    my $length = sysread($socket, $text, 65536, length $text) // die "read: $!\n";
    last if $length == 0;
  }
  return $text;
}

# What the service answers; each stage on the way is handed to $say.
sub asked {
  my ($say, $host, $address, $port, $protocol, $service, $nonce) = @_;
  if ($protocol eq "icmp") {
    # Until one is answered.
    $say->(output("ping", "-n", "-c", "1", "-w", $seconds, $address));
    return "";
  }
  if ($service eq "dns") {
    output("dig", "+tries=1", "+time=$seconds", "\@$address", "-p", $port, ".", "SOA");
    return "";
  }
  if ($protocol eq "udp") {
    my $socket = connected($address, $port, SOCK_DGRAM);
    my $readable = "";
    vec($readable, fileno $socket, 1) = 1;
    # A datagram may be lost: it is sent again each second, as a resolver does.
    do { syswrite($socket, $nonce) // die "write: $!\n" } until select(my $ready = $readable, undef, undef, 1);
    sysread($socket, my $reply, 65535) // die "read: $!\n";
    return $reply;
  }
  my $socket = connected($address, $port, SOCK_STREAM);
  $say->("connected");
  if ($service eq "tcp-echo") {
    syswrite($socket, "$nonce\n") // die "write: $!\n";
    my $reply = received($socket, 1);
    $say->("closed") if $reply eq "";
    chomp $reply;
    return $reply;
  }
  if ($service eq "http") {
    syswrite($socket, "GET / HTTP/1.0\r\nHost: $host\r\n\r\n") // die "write: $!\n";
    my ($last) = received($socket, 0) =~ /([^\n]*)\n*\z/;
    return $last;
  }
  return "";
}

sub probe {
  my ($number, $host, $port, $protocol, $service, $family, $nonce) = @_;
  my @said;
  my $say = sub { push @said, map { tr/\r\t/  /r } split /\n/, $_[0] };
  my $end = sub {
    syswrite STDOUT, join("\t", $number, $_[0], join "|", @said) . "\n";
    POSIX::_exit(0);
  };
  # At once, and not when the resolver's function in C returns.
  POSIX::sigaction(POSIX::SIGALRM(), POSIX::SigAction->new(sub { $end->(124) }));
  alarm $seconds;
  my ($address, $error) = address_of($host, $family);
  if (!defined $address) {
    $say->("unresolved $error");
    $end->(2);
  }
  $say->("resolved $address");
  my $start = now();
  my $answer = eval { asked($say, $host, $address, $port, $protocol, $service, $nonce) };
  if (!defined $answer) {
    $say->($@);
    $end->(1);
  }
  $say->(sprintf "answered %d %s", now() - $start, $answer);
  $end->(0);
}

my $running = 0;
for my $number (0 .. $#targets) {
  if ($running >= 64) {
    wait;
    $running -= 1;
  }
  my $pid = fork // die "fork: $!\n";
  probe($number, split /\x1f/, $targets[$number], -1) if $pid == 0;
  $running += 1;
}
1 while wait != -1;
`;

/** A target as the script reads it. The separator is no blank, so that a field may be empty. */
export function probeTarget(fields: readonly (string | number)[]): string {
  return fields.join("\u001f");
}
