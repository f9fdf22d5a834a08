# The echo services of a machine: one process serves all ports, and a connection costs a fork, not three
# programs. Arguments: the prefix of its log lines, then tcp-echo:7, udp-echo:9 and so on. Each is served
# for IPv4 and IPv6, or at one IPv4 address: tcp-echo:7@127.0.0.1. A line for each connection or datagram names
# the client; of proxied-tcp-echo:7 the one that the PROXY protocol names, of version 1.
use strict;
use warnings;
use IO::Select;
use Socket qw(:all);

$| = 1;
$SIG{CHLD} = "IGNORE";
$SIG{PIPE} = "IGNORE";

sub listener {
  my ($type, $family, $port, $address) = @_;
  my $v6 = $family == AF_INET6;
  socket(my $socket, $family, $type, 0) or die "socket: $!\n";
  setsockopt($socket, SOL_SOCKET, SO_REUSEADDR, 1) or die "SO_REUSEADDR: $!\n";
  !$v6 or setsockopt($socket, IPPROTO_IPV6, IPV6_V6ONLY, 1) or die "IPV6_V6ONLY: $!\n";
  my $here = $v6 ? pack_sockaddr_in6($port, IN6ADDR_ANY) : pack_sockaddr_in($port, inet_aton($address));
  bind($socket, $here) or die "port $port: $!\n";
  $type != SOCK_STREAM or listen($socket, 128) or die "port $port: $!\n";
  return $socket;
}

my $prefix = shift @ARGV;
# None left: there is nothing to wait for.
sleep if !@ARGV;
my %services;
my $ready = IO::Select->new;
for my $service (@ARGV) {
  my ($name, $address) = split /@/, $service;
  my ($kind, $port) = split /:/, $name;
  for my $family (defined $address ? AF_INET : (AF_INET, AF_INET6)) {
    my $type = $kind eq "udp-echo" ? SOCK_DGRAM : SOCK_STREAM;
    my $socket = listener($type, $family, $port, $address // "0.0.0.0");
    $services{$socket} = [$kind, $name];
    $ready->add($socket);
  }
}

sub saw {
  my ($service, $peer) = @_;
  my (undef, $host, $port) = getnameinfo($peer, NI_NUMERICHOST | NI_NUMERICSERV);
  print "${prefix}$service saw $host:$port\n";
}

# Reads no byte beyond the header, which is 107 at most.
sub saw_proxied {
  my ($service, $socket) = @_;
  my $header = "";
  while (length $header < 107 && $header !~ /\r\n$/) {
    sysread($socket, my $byte, 1) or return 0;
    $header .= $byte;
  }
  my ($host, $port) = $header =~ /^PROXY TCP[46] (\S+) \S+ (\d+) \d+\r\n$/ or return 0;
  $service =~ s/^proxied-//;
  print "${prefix}$service saw $host:$port\n";
  return 1;
}

sub send_back {
  my ($socket) = @_;
  while (sysread $socket, my $data, 65536) {
    while (length $data) {
      my $sent = syswrite($socket, $data) // return;
      substr $data, 0, $sent, "";
    }
  }
}

while (1) {
  for my $socket ($ready->can_read) {
    my ($kind, $service) = @{ $services{$socket} };
    if ($kind eq "udp-echo") {
      my $peer = recv($socket, my $data, 65535, 0) // next;
      saw($service, $peer);
      send $socket, $data, 0, $peer;
      next;
    }
    my $peer = accept(my $connection, $socket) or next;
    my $is_proxied = $kind eq "proxied-tcp-echo";
    saw($service, $peer) if !$is_proxied;
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
      close $_ for $ready->handles;
      send_back($connection) if !$is_proxied || saw_proxied($service, $connection);
      exit;
    }
  }
}
