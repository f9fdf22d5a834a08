import { serverAddress } from "../addresses.ts";
import { bootScript } from "../boot.ts";
import { serverName } from "../headscale-config.ts";
import { type Machine, nodeSpec, type Placement } from "../machine.ts";
import { onVolume } from "../volume.ts";

/** A region's DERP relay with STUN, certified by the lab's own authority. */
export function relay(code: string, version: string, at: Placement): Machine {
  const host = serverName.relay(code);
  const start = `step "wait for the certificate"
wait_for 60 "the certificate of ${host}" test -s ${onVolume.certificate(host)}
step "start derper"
mkdir -p /var/lib/derper
derper -c /var/lib/derper/derper.key -hostname ${host} -certmode manual -certdir ${onVolume.pki} \\
  -a :443 -http-port 80 -stun -stun-port 3478 &
wait_for 30 "derper on port 443" curl -sSf --max-time 1 --resolve ${host}:443:127.0.0.1 https://${host}/generate_204
`;
  return {
    spec: nodeSpec("relay", at, { region: code }),
    image: { program: "derper", version },
    interfaces: at.interfaces,
    boot: bootScript(at, { resolver: serverAddress.dns, start }),
    volume: "read",
  };
}
