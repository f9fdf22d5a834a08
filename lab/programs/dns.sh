# The simulated internet's DNS: the root, which knows its records and answers NXDOMAIN to everything else.
hosts=/lab/network/current/hosts
step "wait for the records"
wait_for 60 "the settings of the lab, which the container settings writes" test -e $hosts
run_program dnsmasq dnsmasq --conf-file=/etc/dnsmasq-internet.conf --addn-hosts=$hosts --keep-in-foreground
# One that is started anew just now reads them anyway.
network_changed() { kill -HUP "$(< /run/programs/dnsmasq.pid)" || true; }
wait_for 10 "a udp server on port 53" bound udp 53 2
