/** What Docker's names of all labs' things begin with. */
export const anyLab = "tailnet-lab-";

/** Docker's name of a lab's thing. A dot, which no name has: lab a-b's c is not lab a's b-c. */
export function dockerName(lab: string, part: string): string {
  return `${anyLab}${lab}.${part}`;
}
