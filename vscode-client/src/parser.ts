/** Installs the compiled parser into an environment of the extension's own; only when the user asks for it. */

import { rmSync } from "node:fs";
import * as vscode from "vscode";
import { environmentPython, type Interpreters } from "./interpreter";
import type { Tried } from "./python/choose";
import { type Command, type Output, run } from "./python/probe";

/** As `pyproject.toml` asks for it; a test compares the two. */
export const PARSER = "ast-serialize>=0.12.1,<1";
const SECONDS = 300;

/** Return whether it is there now; what went wrong is shown. */
export async function installParser(base: Tried, where: Interpreters, log: vscode.LogOutputChannel): Promise<boolean> {
  const folder = where.ownEnvironment;
  const python: Command = { program: environmentPython(folder), args: [] };
  const steps: [string, Command, string[]][] = [
    ["making an environment", base.candidate.command, ["-m", "venv", "--clear", folder]],
    ["installing the parser", python, ["-m", "pip", "install", "--disable-pip-version-check", "--only-binary=:all:", PARSER]],
  ];
  const options = { location: vscode.ProgressLocation.Notification, title: "offloop" };
  const failed = await vscode.window.withProgress(options, async (progress) => {
    for (const [message, command, args] of steps) {
      progress.report({ message });
      log.info(`${message}: ${[command.program, ...command.args, ...args].join(" ")}`);
      const output = await run(command, args, SECONDS);
      if (output.code !== 0) {
        return { message, output };
      }
    }
    return undefined;
  });
  if (failed) {
    rmSync(folder, { recursive: true, force: true });
    report(failed.message, failed.output, log);
  }
  return failed === undefined;
}

function report(step: string, output: Output, log: vscode.LogOutputChannel): void {
  const said = `${output.stdout}\n${output.stderr}`.trim();
  log.error(`${step} failed with ${String(output.code)}:\n${said}`);
  const last = said.split("\n").at(-1) ?? "";
  const button = "Show Logs";
  void vscode.window.showErrorMessage(`offloop: ${step} failed: ${last}`, button).then((answer) => {
    if (answer === button) {
      log.show();
    }
  });
}
