# Drops what comes in for a TCP port by a rule of iptables-legacy, as `iptables-legacy -A INPUT -p tcp --dport PORT -j DROP`
# does in a network namespace without such rules. Argument: the port. Exits with 3 where the kernel has no ip_tables.
# Shapes: linux/netfilter_ipv4/ip_tables.h and linux/netfilter/x_tables.h, of a machine of 64 bits.
use strict;
use warnings;
use Errno qw(ENOPROTOOPT);
use Socket;

my ($port) = @ARGV;
my ($replace, $accept, $drop) = (64, -2, -1);
my $everything = "\0" x 84;
my $tcp = "\0" x 80 . pack "S C2", 6, 0, 0;

sub entry {
  my ($about, $match, $target) = @_;
  my ($start, $end) = (112 + length $match, 112 + length($match) + length $target);
  return pack("a84 L S2 L Q2", $about, 0, $start, $end, 0, 0, 0) . $match . $target;
}

sub verdict { return pack "S a29 C l x4", 40, "", 0, $_[0] }

my $match = pack "S a29 C S4 C4 x4", 48, "tcp", 0, 0, 65535, $port, $port, 0, 0, 0, 0;
my @entries = (
  entry($tcp, $match, verdict($drop)),
  (map { entry($everything, "", verdict($accept)) } 1 .. 3),
  entry($everything, "", pack "S a29 C a30 x2", 64, "ERROR", 0, "ERROR"),
);
# Where the rules of INPUT, FORWARD and OUTPUT begin, and where their policies stand.
my ($first, $policy) = (length $entries[0], length $entries[1]);
my @begins = (0, 0, $first + $policy, $first + 2 * $policy, 0);
my @policies = (0, $first, $first + $policy, $first + 2 * $policy, 0);

# An empty table has a policy for each of its hooks, and the entry that ends it: their counters come back.
my $counters = "\0" x (4 * 16);
my $rules = join "", @entries;
my $request = pack("a32 L3 L5 L5 L P", "filter", 0b1110, scalar @entries, length $rules, @begins, @policies, 4, $counters) . $rules;
socket my $socket, PF_INET, SOCK_RAW, 255 or die "socket: $!\n";
exit 0 if setsockopt $socket, 0, $replace, $request;
exit 3 if $! == ENOPROTOOPT;
die "setsockopt: $!\n";
