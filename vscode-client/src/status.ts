/** What the language status item says. */

export type State = "off" | "starting" | "running" | "stopped" | "failed";

export interface Facts {
  readonly state: State;
  /** The release that is checked against, as the server names it: "Home Assistant 2026.11.0 (bundled)". */
  readonly homeAssistant: string | undefined;
  readonly errors: number;
  readonly warnings: number;
  readonly isTrusted: boolean;
  /** Why it is stopped or has failed, in one line. */
  readonly reason: string | undefined;
}

export interface Status {
  readonly text: string;
  readonly detail: string;
  readonly severity: "information" | "warning" | "error";
  readonly isBusy: boolean;
}

const WORDS: Readonly<Record<State, string>> = {
  off: "offloop: no Home Assistant code is open",
  starting: "offloop: starting",
  running: "offloop",
  stopped: "offloop: stopped",
  failed: "offloop: not running",
};

export function statusOf(facts: Facts): Status {
  const release = facts.homeAssistant && /Home Assistant (\S+)/.exec(facts.homeAssistant)?.[1];
  const running = facts.state === "running";
  const parts = running
    ? [counted(facts.errors, "error"), counted(facts.warnings, "warning"), facts.homeAssistant ?? ""]
    : [facts.reason ?? ""];
  if (running && !facts.isTrusted) {
    parts.push("restricted: the workspace is not trusted");
  }
  return {
    text: running && release ? `offloop: Home Assistant ${release}` : WORDS[facts.state],
    detail: parts.filter(Boolean).join(" · "),
    severity: facts.state === "failed" ? "error" : facts.state === "stopped" ? "warning" : "information",
    isBusy: facts.state === "starting",
  };
}

/** Find in the server's debug information what it checks against: the first line that says so. */
export function homeAssistantIn(information: string): string | undefined {
  const found = /^checking against (.+?)(?:;.*)?$/m.exec(information);
  return found?.[1];
}

function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
