# A DERP relay with STUN, certified by the lab's own authority.
step "wait for the certificate"
wait_for 60 "the certificate of $host from the control server" test -s "/lab/tailnet/secrets/$delivery"
certificates=/var/lib/derper/certificates
mkdir -p $certificates
# One file with both: each reader takes its own part.
receive "$delivery" > "$certificates/$host.key"
cp "$certificates/$host.key" "$certificates/$host.crt"
step "start derper"
run_program derper derper -c /var/lib/derper/derper.key -hostname "$host" -certmode manual -certdir $certificates \
  -a :443 -http-port 80 -stun -stun-port 3478
wait_for 30 "derper on port 443" curl -sSf --max-time 1 --resolve "$host:443:127.0.0.1" "https://$host/generate_204"
