/** What the language status item says: made of the process's state and of the server's `offloop/status`. */

export type Process = "off" | "disabled" | "starting" | "running" | "stopped" | "failed";

/** The server's notification `offloop/status`. */
export interface Report {
  readonly state: "reading" | "checking" | "ready";
  readonly homeAssistant: readonly { readonly label: string; readonly version: string; readonly origin: string }[];
  readonly findings: { readonly error: number; readonly warning: number };
  readonly files: number;
}

export interface Facts {
  readonly process: Process;
  /** The newest of this process; undefined: none has come yet. */
  readonly report: Report | undefined;
  readonly isTrusted: boolean;
  /** Why it has failed, in one line. */
  readonly reason: string | undefined;
}

export interface Status {
  readonly text: string;
  readonly detail: string;
  readonly severity: "information" | "warning" | "error";
  readonly isBusy: boolean;
}

const WORDS: Readonly<Record<Process, string>> = {
  off: "offloop: no Home Assistant code is open",
  disabled: "offloop: switched off",
  starting: "offloop: starting",
  running: "offloop",
  stopped: "offloop: stopped",
  failed: "offloop: not running",
};

export function statusOf(facts: Facts): Status {
  const report = facts.process === "running" ? facts.report : undefined;
  const details = report ? reportDetails(report) : [facts.reason ?? ""];
  if (facts.process === "running" && !facts.isTrusted) {
    details.push("restricted, because the workspace is not trusted");
  }
  const versions = [...new Set(report?.homeAssistant.map(({ version }) => version))];
  return {
    text: versions.length ? `offloop: Home Assistant ${versions.join(", ")}` : WORDS[facts.process],
    detail: details.filter(Boolean).join(" · "),
    severity: facts.process === "failed" ? "error" : facts.process === "stopped" ? "warning" : "information",
    isBusy: facts.process === "starting" || (report !== undefined && report.state !== "ready"),
  };
}

function reportDetails(report: Report): string[] {
  const { error, warning } = report.findings;
  const bundled = report.homeAssistant.some(({ origin }) => origin === "bundled") ? "bundled catalog" : "";
  const state = { reading: "reading Home Assistant", checking: "checking", ready: "" }[report.state];
  return [counted(error, "error"), counted(warning, "warning"), `${counted(report.files, "file")} checked`, bundled, state];
}

/** Understand the notification; undefined where it is none. */
export function readReport(sent: unknown): Report | undefined {
  const report = sent as Partial<Report> | null;
  const isReport =
    typeof report === "object" &&
    Array.isArray(report?.homeAssistant) &&
    typeof report.findings === "object" &&
    (report.state === "reading" || report.state === "checking" || report.state === "ready");
  return isReport ? (report as Report) : undefined;
}

function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
