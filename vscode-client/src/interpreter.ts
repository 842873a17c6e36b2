/** Finds the interpreter that runs the server, in this window with its settings and extensions. */

import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import type { Environments } from "./environments";
import { candidates } from "./python/candidates";
import { choose, type Choice } from "./python/choose";
import { probe } from "./python/probe";
import { readSettings, SECTION, type Settings } from "./settings";

export class Interpreters {
  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly environments: Environments,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  get launcher(): string {
    return this.context.asAbsolutePath(join("bundled", "start_server.py"));
  }

  /** The folder of the environment that is made on the user's wish. */
  get ownEnvironment(): string {
    return join(this.context.globalStorageUri.fsPath, "python");
  }

  settings(): Settings {
    const folder = vscode.workspace.workspaceFolders?.[0];
    const configuration = vscode.workspace.getConfiguration(SECTION, folder?.uri);
    const places = { home: homedir(), workspaceFolder: folder?.uri.fsPath, variables: process.env };
    return readSettings((key) => configuration.get(key), places, vscode.workspace.isTrusted);
  }

  async choose(settings: Settings): Promise<Choice> {
    const own = environmentPython(this.ownEnvironment);
    const found = candidates({
      setting: settings.interpreter,
      storage: existsSync(own) ? own : undefined,
      environments: await this.activeEnvironments(),
      platform: process.platform,
      searchPath: process.env["PATH"] ?? process.env["Path"] ?? "",
      forbidden: vscode.workspace.isTrusted ? [] : folders().map(({ uri }) => uri.fsPath),
      exists: existsSync,
    });
    const choice = await choose(found, async (candidate) => {
      const probed = await probe(candidate.command, this.launcher, settings.importStrategy === "fromEnvironment");
      this.log.info(`${candidate.label}: ${probed.problem ?? "good"} ${probed.version?.join(".") ?? ""} ${probed.detail}`.trim());
      return probed;
    });
    if (found.length === 0) {
      this.log.info("No Python is set, active or on the search path.");
    }
    return choice;
  }

  /** In a workspace that is not trusted nobody is asked: what they know may come from the workspace. */
  private async activeEnvironments(): Promise<string[]> {
    if (!vscode.workspace.isTrusted) {
      return [];
    }
    const scopes: (vscode.Uri | undefined)[] = folders().map(({ uri }) => uri);
    const found = await Promise.all((scopes.length ? scopes : [undefined]).map((one) => this.environments.interpreter(one)));
    return found.filter((path) => path !== undefined);
  }
}

export function environmentPython(folder: string): string {
  return process.platform === "win32" ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");
}

function folders(): readonly vscode.WorkspaceFolder[] {
  return vscode.workspace.workspaceFolders ?? [];
}
