/** The way that leads to a finding, as the server's `offloop.showWhy` answers: numbered steps that can be opened. */

export interface Place {
  readonly uri: string;
  /** 0-based, in UTF-16 units. */
  readonly line: number;
  readonly character: number;
}

export interface Step {
  readonly message: string;
  /** undefined: a line of a Home Assistant whose sources are not at hand. */
  readonly place: Place | undefined;
  /** The place as people read it. */
  readonly label: string;
  readonly isHomeAssistant: boolean;
}

export interface Trace {
  readonly title: string;
  readonly steps: readonly Step[];
}

/** Understand an answer of the server; undefined where it is none, or has no steps. */
export function readTrace(answer: unknown): Trace | undefined {
  if (!isObject(answer) || !Array.isArray(answer["steps"])) {
    return undefined;
  }
  const steps = answer["steps"].filter(isObject).map(readStep);
  return steps.length ? { title: text(answer["title"]), steps } : undefined;
}

function readStep(step: Readonly<Record<string, unknown>>): Step {
  const start = isObject(step["range"]) ? step["range"]["start"] : undefined;
  const uri = step["uri"];
  const place =
    typeof uri === "string" && isObject(start)
      ? { uri, line: whole(start["line"]), character: whole(start["character"]) }
      : undefined;
  return {
    message: text(step["message"]),
    place,
    label: text(step["label"]),
    isHomeAssistant: step["isHomeAssistant"] === true,
  };
}

/** A step in one line for who hears it. */
export function spoken(step: Step, number: number, of: number): string {
  return `Step ${number} of ${of}: ${step.message}, ${step.label}`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function whole(value: unknown): number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : 0;
}
