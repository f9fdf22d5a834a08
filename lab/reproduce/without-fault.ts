/**
 * Codes of the doctor's catalogue whose cause a topology can't declare, with the reason: what a lab of a capture does
 * not show again.
 */
export const withoutFault: ReadonlyMap<string, string> = new Map([
  ["TL119", "no fault makes tailscaled hang"],
  ["TL122", "the lab has the machine's network cut in place of its interface"],
  ["TL124", "tailscaled makes its routes anew in the lab"],
  ["TL125", "a service of a lab listens on every address, or on loopback alone"],
  ["TL127", "a service of a lab takes what comes"],
  ["TL128", "an exit node of a lab is one that is there"],
  ["TL130", "no fault makes a machine drop what it sends itself"],
  ["TL205", "who does not own a tag is refused before a lab starts"],
  ["TL211", "a lab's nodes are all registered"],
  ["TL303", "what a machine has missed is not in a topology"],
  ["TL308", "no fault is a captive portal"],
  ["TL309", "what a machine has missed is not in a topology"],
  ["TL403", "no fault makes a node prefer a relay that is far"],
  ["TL411", "tailscaled of a lab has no such switches"],
  ["TL509", "a router of a lab is no resolver"],
  ["TL510", "tailscaled writes resolv.conf anew in the lab"],
  ["TL511", "a lab's domain may not cover its control server"],
  ["TL512", "a lab's nodes have other addresses in the tailnet, so that none is a resolver"],
  ["TL513", "no fault writes /etc/hosts"],
  ["TL514", "no fault writes nsswitch.conf"],
]);
