# Sends so much to an echo service over TCP, reads it back, and tells how long that took.
#
#   perl transfer.pl HOST PORT BYTES STALL-SECONDS LIMIT-SECONDS
#
# Prints one line: how it ended, the bytes that came back, and milliseconds since the connection was there:
#
#   done BYTES MS            all of it came back
#   stalled BYTES MS         nothing moved for STALL-SECONDS
#   unfinished BYTES MS      it moved, and LIMIT-SECONDS were over
#   closed BYTES MS          the other side ended the connection
#   errno NAME 0             no connection: ECONNREFUSED; ETIMEDOUT also where nothing came within STALL-SECONDS
use strict;
use warnings;
use Errno ();
use IO::Socket::IP;
use POSIX ();
use Socket qw(SOL_SOCKET SO_LINGER);

my ($host, $port, $bytes, $stall, $limit) = @ARGV;
$| = 1;
$SIG{PIPE} = "IGNORE";

# Perl's clock with microseconds is not in every Debian system: clock_gettime(2), by its number; monotonic.
my $clock_gettime = (POSIX::uname())[4] eq "x86_64" ? 228 : 113;

sub now {
  my $time = pack "q2", 0, 0;
  syscall($clock_gettime, 1, $time) == 0 or die "clock_gettime: $!";
  my ($whole, $nano) = unpack "q2", $time;
  return $whole + $nano / 1e9;
}

sub name_of_errno {
  my ($name) = grep { $!{$_} && $_ ne "EWOULDBLOCK" } sort keys %!;
  return $name // $! + 0;
}

my $socket = IO::Socket::IP->new(PeerHost => $host, PeerPort => $port, Timeout => $stall);
unless ($socket) {
  print "errno ", name_of_errno(), " 0\n";
  exit;
}
$socket->blocking(0);
my $start = now();
my $moved = $start;
my ($sent, $received) = (0, 0);
my $chunk = "x" x 65536;

sub end {
  my ($how) = @_;
  printf "%s %d %d\n", $how, $received, (now() - $start) * 1000;
  # Not done: a reset, which is small, so that nobody goes on sending what does not pass.
  setsockopt $socket, SOL_SOCKET, SO_LINGER, pack "ii", 1, 0 if $how ne "done";
  exit;
}

while ($received < $bytes) {
  my ($readable, $writable) = ("", "");
  vec($readable, fileno $socket, 1) = 1;
  vec($writable, fileno $socket, 1) = 1 if $sent < $bytes;
  select $readable, $writable, undef, 0.2;
  if (vec $readable, fileno $socket, 1) {
    my $length = sysread $socket, my $data, 65536;
    end("closed") if defined $length ? $length == 0 : !$!{EAGAIN};
    if ($length) {
      $received += $length;
      $moved = now();
    }
  }
  if ($sent < $bytes && vec $writable, fileno $socket, 1) {
    my $left = $bytes - $sent;
    my $length = syswrite $socket, $chunk, $left < length $chunk ? $left : length $chunk;
    end("closed") unless defined $length || $!{EAGAIN};
    $sent += $length if $length;
  }
  end("stalled") if now() - $moved > $stall;
  end("unfinished") if now() - $start > $limit;
}
end("done");
