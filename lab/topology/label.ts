/** The rule for names of labs, networks, relays and nodes: a DNS label that is short enough for Docker's names. */
export const labelPattern = /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/;
export const labelRule = "use lower-case letters, digits and inner hyphens, at most 32 characters";
