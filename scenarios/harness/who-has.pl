# Asks the segment of an interface by ARP who has an address, and prints how many machines answered within two
# seconds. Arguments: the interface, the IPv4 address.
use strict;
use warnings;
use Socket;

my ($device, $address) = @ARGV;
my ($arp, $request, $reply, $packet_family) = (0x0806, 1, 2, 17);

sub fact {
  my ($name) = @_;
  open my $file, "<", "/sys/class/net/$device/$name" or die "$device: $name: $!\n";
  chomp(my $line = <$file>);
  return $line;
}

my $hardware = pack "H12", fact("address") =~ tr/://dr;
my $everyone = "\xff" x 6;
socket my $socket, $packet_family, SOCK_RAW, unpack("S", pack "n", $arp) or die "socket: $!\n";
my $question = $everyone . $hardware . pack("n3 C2 n", $arp, 1, 0x0800, 6, 4, $request)
  . $hardware . inet_aton("0.0.0.0") . "\0" x 6 . inet_aton($address);
my $to = pack "S n l S C2 a8", $packet_family, $arp, fact("ifindex"), 1, 0, 6, $everyone;
send $socket, $question, 0, $to or die "send: $!\n";

my $answers = 0;
my $end = time + 2;
while (time < $end) {
  vec(my $ready = "", fileno $socket, 1) = 1;
  select($ready, undef, undef, 0.2) or next;
  recv $socket, my $frame, 1500, 0;
  my ($kind, $sender) = unpack "x20 n x6 a4", $frame;
  $answers++ if $kind == $reply && $sender eq inet_aton($address);
}
print "$answers\n";
