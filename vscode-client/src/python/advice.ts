/** What the user is told, and offered, where the server cannot be run. */

import type { Tried } from "./choose";
import { MINIMUM, showVersion } from "./version";

export type Remedy = "choose interpreter" | "install parser" | "get python" | "show logs" | "retry";

export interface Advice {
  readonly message: string;
  readonly remedies: readonly Remedy[];
  /** The interpreter that lacks only the parser. */
  readonly base: Tried | undefined;
}

export const REMEDY_TITLES: Readonly<Record<Remedy, string>> = {
  "choose interpreter": "Choose Interpreter",
  "install parser": "Install the Parser",
  "get python": "Get Python",
  "show logs": "Show Logs",
  retry: "Try Again",
};

const NEEDED = `Python ${MINIMUM[0]}.${MINIMUM[1]} or newer`;

/** Say why no interpreter will do; `refused` is what was tried, in order. */
export function advise(refused: readonly Tried[]): Advice {
  const lacking = refused.find(({ probed }) => probed.problem === "parser");
  if (lacking) {
    const message =
      `offloop found ${nameOf(lacking)}, but no parser for it: the compiled package ast-serialize is neither in this ` +
      "build of the extension for your platform nor in that Python. It can be installed into an environment of the extension's own.";
    return { message, remedies: ["install parser", "choose interpreter", "show logs"], base: lacking };
  }
  const told = refused.filter(({ candidate, probed }) => probed.problem !== "missing" || candidate.origin === "setting");
  const [first] = told;
  if (first === undefined) {
    const message = `offloop needs ${NEEDED} to run, and found no Python.`;
    return { message, remedies: ["get python", "choose interpreter", "show logs"], base: undefined };
  }
  if (first.candidate.origin === "setting") {
    return { message: `offloop cannot run: the setting offloop.interpreter names ${wrongWith(first)}.`, ...byHand };
  }
  const all = told.map(wrongWith).join("; ");
  return { message: `offloop needs ${NEEDED} to run. Found: ${all}.`, ...byHand };
}

const byHand = { remedies: ["choose interpreter", "get python", "show logs"], base: undefined } as const;

function wrongWith(tried: Tried): string {
  const { candidate, probed } = tried;
  switch (probed.problem) {
    case "old":
      return `${candidate.label}, which is Python ${probed.version ? showVersion(probed.version) : "of an old version"} (${NEEDED} is needed)`;
    case "missing":
      return `${candidate.label}, which is not there`;
    default:
      return `${candidate.label}, which does not work (${probed.detail})`;
  }
}

function nameOf(tried: Tried): string {
  const version = tried.probed.version;
  return version ? `Python ${showVersion(version)} (${tried.candidate.label})` : tried.candidate.label;
}
