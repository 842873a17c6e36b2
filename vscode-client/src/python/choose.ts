/**
 * Takes the first interpreter that can run the server, and remembers why the others cannot.
 * What the user set is passed over only if all it lacks is the parser: that is what our own environment is for.
 */

import type { Candidate } from "./candidates";
import type { Probed } from "./probe";

export interface Tried {
  readonly candidate: Candidate;
  readonly probed: Probed;
}

export interface Choice {
  readonly chosen: Tried | undefined;
  readonly refused: readonly Tried[];
}

export async function choose(
  candidates: readonly Candidate[],
  probe: (candidate: Candidate) => Promise<Probed>,
): Promise<Choice> {
  const refused: Tried[] = [];
  for (const candidate of candidates) {
    const tried = { candidate, probed: await probe(candidate) };
    if (tried.probed.problem === undefined) {
      return { chosen: tried, refused };
    }
    refused.push(tried);
    if (candidate.origin === "setting" && tried.probed.problem !== "parser") {
      break;
    }
  }
  return { chosen: undefined, refused };
}
