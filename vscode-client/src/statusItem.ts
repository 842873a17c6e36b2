/** The language status item beside a Python file's language. */

import * as vscode from "vscode";
import { type Facts, statusOf } from "./status";

const SEVERITIES = {
  information: vscode.LanguageStatusSeverity.Information,
  warning: vscode.LanguageStatusSeverity.Warning,
  error: vscode.LanguageStatusSeverity.Error,
} as const;

export class StatusItem implements vscode.Disposable {
  private readonly item = vscode.languages.createLanguageStatusItem("offloop.status", { language: "python" });
  private facts: Facts = { process: "off", report: undefined, isTrusted: true, reason: undefined };

  constructor() {
    this.item.name = "offloop";
    this.item.command = { command: "offloop.showLogs", title: "Show Logs" };
  }

  update(facts: Partial<Facts>): void {
    this.facts = { ...this.facts, ...facts };
    const status = statusOf(this.facts);
    this.item.text = status.text;
    this.item.detail = status.detail;
    this.item.severity = SEVERITIES[status.severity];
    this.item.busy = status.isBusy;
  }

  dispose(): void {
    this.item.dispose();
  }
}
