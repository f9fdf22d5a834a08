# Holds each packet that a device is to send for a while, so that a round trip takes so much longer, as over a long way.
#
#   perl delay.pl MILLISECONDS FROM TO MARK
#
# Rules of nftables forward what the device TO is to send to a veth pair; its packets arrive at FROM, its other end, and are
# sent by TO when their time has come, with a mark by which the rules let them pass. Ends when all are sent, on SIGTERM.
use strict;
use warnings;
use POSIX ();
use Socket;

# By their numbers, as Perl has no names for them: packet(7), socket(7), clock_gettime(2).
my ($af_packet, $all_protocols, $sol_packet, $ignore_outgoing, $vnet_header) = (17, 3, 263, 23, 15);
my ($mark_option, $receive_buffer_force) = (36, 33);
my ($clock_monotonic, $clock_gettime) = (1, (POSIX::uname())[4] eq "x86_64" ? 228 : 113);
# As long as a packet can be with segmentation offload, with the header that says so.
my $longest = 66_000;

my ($milliseconds, $from, $to, $mark) = @ARGV;

sub now {
  my $time = pack "q2", 0, 0;
  syscall($clock_gettime, $clock_monotonic, $time) == 0 or die "clock_gettime: $!\n";
  my ($whole, $nano) = unpack "q2", $time;
  return $whole + $nano / 1e9;
}

sub packets_of {
  my ($device, $protocol) = @_;
  open my $file, "<", "/sys/class/net/$device/ifindex" or die "$device: $!\n";
  my $index = int <$file>;
  socket(my $socket, $af_packet, SOCK_RAW, 0) or die "socket: $!\n";
  # What is left to the hardware, checksums and segmentation, stays so.
  setsockopt($socket, $sol_packet, $vnet_header, pack "i", 1) or die "PACKET_VNET_HDR: $!\n";
  setsockopt($socket, $sol_packet, $ignore_outgoing, pack "i", 1) or die "PACKET_IGNORE_OUTGOING: $!\n";
  bind($socket, pack "S n i S C C a8", $af_packet, $protocol, $index, 0, 0, 0, "") or die "bind $device: $!\n";
  return $socket;
}

my $in = packets_of($from, $all_protocols);
setsockopt($in, SOL_SOCKET, $receive_buffer_force, pack "i", 1 << 23) or die "SO_RCVBUFFORCE: $!\n";
my $out = packets_of($to, 0);
setsockopt($out, SOL_SOCKET, $mark_option, pack "i", $mark) or die "SO_MARK: $!\n";

my $is_ending = 0;
$SIG{TERM} = sub { $is_ending = 1 };
my @held;
my $readable = "";
vec($readable, fileno $in, 1) = 1;
until ($is_ending && !@held) {
  my $left = @held ? $held[0][0] - now() : $is_ending ? 0 : undef;
  if (!defined $left || $left > 0) {
    next unless select(my $ready = $readable, undef, undef, $left) > 0;
    defined recv($in, my $packet, $longest, 0) or next;
    push @held, [now() + $milliseconds / 1000, $packet];
    next;
  }
  # What the device does not take is lost, as on any other.
  send($out, (shift @held)->[1], 0);
}
