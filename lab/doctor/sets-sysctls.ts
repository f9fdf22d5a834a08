/** Sets them now, and at each boot. */
export function setsSysctls(machine: string, names: readonly string[], value: string): string[] {
  const lines = names.map((name) => `${name}=${value}\\n`).join("");
  return [
    `on ${machine}: sysctl -w ${names.map((name) => `${name}=${value}`).join(" ")}`,
    `on ${machine}, for the next boot: printf '${lines}' >> /etc/sysctl.d/99-tailscale.conf`,
  ];
}
