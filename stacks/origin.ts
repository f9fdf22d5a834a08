/** Says from which directory a lab was brought up; on its networks and its volume. */
export const originLabel = "tailnet-lab.origin";
