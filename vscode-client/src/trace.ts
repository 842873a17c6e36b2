/** The way that leads to a finding, as numbered steps that can be opened. */

export interface Place {
  readonly uri: string;
  /** 0-based, in UTF-16 units. */
  readonly line: number;
  readonly character: number;
}

export interface Step {
  readonly message: string;
  /** undefined: a place in a Home Assistant whose sources are not at hand. */
  readonly place: Place | undefined;
  /** The place in words. */
  readonly label: string;
}

export interface Trace {
  readonly code: string;
  readonly message: string;
  readonly at: Place;
  readonly steps: readonly Step[];
}

export interface Finding {
  readonly code: string;
  readonly message: string;
  readonly at: Place;
  readonly related: readonly { readonly message: string; readonly place: Place }[];
}

/** A step in words: `homeassistant/core.py:1949: ...`, as the server writes where it has no file to point at. */
const IN_WORDS = /^(homeassistant\/[\w./-]+\.py):(\d+): (.+)$/;

/** Make the trace of a finding; steps that are only told in words follow, in their order, the ones with a place. */
export function traceOf(finding: Finding): Trace {
  const [message = "", ...said] = finding.message.split("\n");
  const steps: Step[] = finding.related.map(({ message, place }) => ({ message, place, label: labelOf(place) }));
  for (const line of said) {
    const found = IN_WORDS.exec(line);
    if (found) {
      steps.push({ message: found[3] ?? "", place: undefined, label: `${found[1] ?? ""}:${found[2] ?? ""}` });
    }
  }
  return { code: finding.code, message, at: finding.at, steps };
}

/** A place as people read it: the path from `homeassistant/` or `custom_components/` on, and the 1-based line. */
export function labelOf(place: Place): string {
  const path = decoded(place.uri.replace(/^[a-z-]+:\/\/[^/]*/i, ""));
  const short = /(?:^|\/)(?:custom_components\/(.+)|(homeassistant\/.+))$/.exec(path);
  const name = short?.[1] ?? short?.[2] ?? path.split("/").slice(-2).join("/");
  return `${name}:${place.line + 1}`;
}

export function isInHomeAssistant(place: Place): boolean {
  return /\/homeassistant\/(?!components\/[^/]+\/[^/]*$)/.test(place.uri) || /\/site-packages\//.test(place.uri);
}

/** The finding nearest to a line: the one on it, else none. */
export function nearest<T extends { readonly at: Place }>(findings: readonly T[], line: number, character: number): T | undefined {
  const distance = (one: T) => Math.abs(one.at.character - character);
  return findings.filter((one) => one.at.line === line).sort((one, other) => distance(one) - distance(other))[0];
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
