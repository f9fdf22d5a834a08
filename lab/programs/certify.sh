# Another certificate of the lab's authority for a host and its own key, valid between two dates; prints both. OpenSSL 3.0
# takes dates in `openssl ca` alone.
pki=/lab/control/pki
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cd "$work"
touch index.txt
cat > ca.cnf <<'END'
[ca]
default_ca = lab
[lab]
database = index.txt
new_certs_dir = .
default_md = sha256
policy = any
copy_extensions = copy
serial = serial
[any]
commonName = supplied
END
openssl req -new -key "$pki/$host.key" -subj "/CN=$host" -addext "subjectAltName=DNS:$host" \
  -addext "basicConstraints=critical,CA:FALSE" -out request.pem
openssl ca -batch -notext -config ca.cnf -create_serial -cert $pki/ca.crt -keyfile $pki/ca.key \
  -startdate "$from" -enddate "$to" -in request.pem -out certificate.pem 2> error || { cat error >&2 && exit 1; }
cat certificate.pem "$pki/$host.key"
