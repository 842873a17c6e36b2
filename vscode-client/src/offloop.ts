/** One window's offloop: decides when a server is wanted, starts and ends it, and answers the commands. */

import { mkdirSync } from "node:fs";
import * as vscode from "vscode";
import { type Middleware, State } from "vscode-languageclient/node";
import { Environments } from "./environments";
import { openExample } from "./example";
import { Interpreters } from "./interpreter";
import { installParser } from "./parser";
import { type Advice, advise, type Remedy, REMEDY_TITLES } from "./python/advice";
import { importsHomeAssistant, isInIntegration, MARKS } from "./relevance";
import { OWN_COMMANDS, Server } from "./server";
import { RESTARTS_FOR, SECTION } from "./settings";
import { homeAssistantIn, type State as Shown } from "./status";
import { StatusItem } from "./statusItem";
import { showText } from "./texts";
import { findingOf, type WhyView } from "./why";
import { WhyView as Why } from "./why";

const CALM_MS = 500;

export class Offloop implements vscode.Disposable {
  private readonly log = vscode.window.createOutputChannel("offloop", { log: true });
  private readonly serverLog = vscode.window.createOutputChannel("offloop Language Server", { log: true });
  private readonly trace = vscode.window.createOutputChannel("offloop Trace", { log: true });
  private readonly environments = new Environments(this.log);
  private readonly interpreters: Interpreters;
  private readonly status = new StatusItem();
  private readonly why: WhyView = new Why();
  private readonly subscriptions: vscode.Disposable[];
  private server: Server | undefined;
  private isWanted = false;
  /** Starts and ends happen one after the other. */
  private queue: Promise<void> = Promise.resolve();
  private calm: NodeJS.Timeout | undefined;

  constructor(private readonly context: vscode.ExtensionContext) {
    this.interpreters = new Interpreters(context, this.environments, this.log);
    this.subscriptions = [this.log, this.serverLog, this.trace, this.environments, this.status, this.why, ...this.commands()];
    this.subscriptions.push(
      vscode.workspace.onDidOpenTextDocument((document) => this.consider(document)),
      vscode.workspace.onDidChangeConfiguration((event) => this.configured(event)),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.restart("the workspace is trusted now")),
      this.environments.onDidChange(() => this.environmentChanged()),
      vscode.languages.onDidChangeDiagnostics(() => this.countSoon()),
      vscode.languages.registerCodeActionsProvider({ language: "python" }, new WhyActions(), {
        providedCodeActionKinds: [vscode.CodeActionKind.QuickFix],
      }),
    );
  }

  /** Start a server if there is Home Assistant code here; else wait until some is opened. */
  async begin(): Promise<void> {
    if (await this.concernsUs()) {
      this.isWanted = true;
      await this.restart("Home Assistant code is here");
    } else {
      this.log.info("No Home Assistant code is here; waiting until some is opened.");
      this.show("off");
    }
  }

  async end(): Promise<void> {
    await this.inTurn(() => this.stopServer());
  }

  dispose(): void {
    clearTimeout(this.calm);
    this.subscriptions.forEach((one) => one.dispose());
  }

  // ---------------------------------------------------------------- when it is wanted
  private async concernsUs(): Promise<boolean> {
    if (vscode.workspace.textDocuments.some(isOurs)) {
      return true;
    }
    for (const mark of MARKS) {
      if ((await vscode.workspace.findFiles(mark, "**/node_modules/**", 1)).length > 0) {
        return true;
      }
    }
    return false;
  }

  private consider(document: vscode.TextDocument): void {
    if (!this.isWanted && isOurs(document)) {
      this.isWanted = true;
      void this.restart("Home Assistant code was opened");
    }
  }

  private configured(event: vscode.ConfigurationChangeEvent): void {
    if (RESTARTS_FOR.some((key) => event.affectsConfiguration(`${SECTION}.${key}`))) {
      void this.restart("a setting has changed");
    }
  }

  private environmentChanged(): void {
    if (!this.interpreters.settings().interpreter && this.isWanted) {
      void this.restart("the active environment has changed");
    }
  }

  // ---------------------------------------------------------------- the server
  private restart(why: string): Promise<void> {
    return this.inTurn(async () => {
      await this.stopServer();
      await this.startServer(why);
    });
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    this.queue = this.queue.then(work).catch((error: unknown) => this.log.error(error instanceof Error ? error : String(error)));
    return this.queue;
  }

  private async stopServer(): Promise<void> {
    const server = this.server;
    this.server = undefined;
    await server?.stop();
  }

  private async startServer(why: string): Promise<void> {
    const settings = this.interpreters.settings();
    if (!this.isWanted || !settings.enable) {
      this.show(settings.enable ? "off" : "stopped", "switched off by the setting offloop.enable");
      return;
    }
    this.log.info(`Starting, because ${why}.`);
    this.show("starting");
    const { chosen, refused } = await this.interpreters.choose(settings);
    if (chosen === undefined) {
      const advice = advise(refused);
      this.log.error(advice.message);
      this.show("failed", advice.message);
      void this.offer(advice);
      return;
    }
    const folder = this.context.globalStorageUri.fsPath;
    mkdirSync(folder, { recursive: true });
    const how = {
      python: chosen,
      launcher: this.interpreters.launcher,
      preferEnvironment: settings.importStrategy === "fromEnvironment",
      folder,
    };
    const server = new Server(how, this.serverLog, this.trace, this.middleware(), {
      stateChanged: (state) => this.serverChanged(server, state),
      gaveUp: (reason) => this.gaveUp(server, reason),
    });
    this.server = server;
    await server.start();
  }

  private serverChanged(server: Server, state: State): void {
    if (this.server === server) {
      this.show(state === State.Running ? "running" : state === State.Starting ? "starting" : "stopped");
      this.countSoon();
    }
  }

  private gaveUp(server: Server, reason: string): void {
    if (this.server !== server) {
      return;
    }
    this.server = undefined;
    const message = `offloop is not running: ${reason}.`;
    this.log.error(message);
    this.show("failed", reason);
    void this.offer({ message, remedies: ["retry", "show logs"], base: undefined });
  }

  /** The environment that is active for a folder tells the server where packages are, unless a setting does. */
  private middleware(): Middleware {
    return {
      workspace: {
        configuration: async (params, token, next) => {
          const answers: unknown = await next(params, token);
          if (!Array.isArray(answers) || !vscode.workspace.isTrusted) {
            return answers as never;
          }
          return Promise.all(
            params.items.map(async ({ scopeUri, section }, index) => {
              const answer: unknown = answers[index];
              if (section !== SECTION || typeof answer !== "object" || answer === null || (answer as { python?: unknown }).python) {
                return answer;
              }
              const python = await this.environments.interpreter(scopeUri ? vscode.Uri.parse(scopeUri) : undefined);
              return python ? { ...answer, python } : answer;
            }),
          ) as never;
        },
      },
    };
  }

  // ---------------------------------------------------------------- what is shown
  private show(state: Shown, reason?: string): void {
    this.status.update({ state, reason, isTrusted: vscode.workspace.isTrusted });
  }

  private countSoon(): void {
    clearTimeout(this.calm);
    this.calm = setTimeout(() => void this.count(), CALM_MS);
  }

  private async count(): Promise<void> {
    const found = vscode.languages
      .getDiagnostics()
      .flatMap(([, diagnostics]) => diagnostics)
      .filter((one) => one.source === "offloop");
    const errors = found.filter((one) => one.severity === vscode.DiagnosticSeverity.Error).length;
    const warnings = found.filter((one) => one.severity === vscode.DiagnosticSeverity.Warning).length;
    const information = await this.information();
    this.status.update({ errors, warnings, homeAssistant: information && homeAssistantIn(information) });
  }

  private async information(): Promise<string | undefined> {
    try {
      return this.server?.isRunning ? await this.server.execute<string>("offloop.debugInformation") : undefined;
    } catch {
      return undefined;
    }
  }

  private async offer(advice: Advice): Promise<void> {
    const titles = advice.remedies.map((one) => REMEDY_TITLES[one]);
    const answer = await vscode.window.showErrorMessage(advice.message, ...titles);
    const remedy = advice.remedies.find((one) => REMEDY_TITLES[one] === answer);
    if (remedy) {
      await this.remedy(remedy, advice);
    }
  }

  private async remedy(remedy: Remedy, advice: Advice): Promise<void> {
    switch (remedy) {
      case "choose interpreter":
        await vscode.commands.executeCommand("workbench.action.openSettings", `${SECTION}.interpreter`);
        break;
      case "get python":
        await vscode.env.openExternal(vscode.Uri.parse("https://www.python.org/downloads/"));
        break;
      case "show logs":
        this.log.show();
        break;
      case "install parser":
        if (advice.base && (await installParser(advice.base, this.interpreters, this.log))) {
          await this.restart("the parser is installed");
        }
        break;
      case "retry":
        await this.restart("the user asked for it");
    }
  }

  // ---------------------------------------------------------------- commands
  private commands(): vscode.Disposable[] {
    const commands: Record<string, (...args: never[]) => unknown> = {
      "offloop.restartServer": () => {
        this.isWanted = true;
        return this.restart("the user asked for it");
      },
      "offloop.showLogs": () => this.log.show(),
      "offloop.showServerLogs": () => this.serverLog.show(),
      "offloop.showDebugInformation": () => this.showDebugInformation(),
      "offloop.showCatalogInUse": () => this.showCatalog(),
      "offloop.showWhyAtCursor": (uri?: vscode.Uri, diagnostic?: vscode.Diagnostic) =>
        this.why.show(uri && diagnostic ? findingOf(uri, diagnostic) : undefined),
      "offloop.openExample": () => openExample(this.context),
    };
    return Object.entries(commands).map(([name, run]) => {
      OWN_COMMANDS.add(name);
      return vscode.commands.registerCommand(name, run);
    });
  }

  private async showDebugInformation(): Promise<void> {
    const own = [
      `offloop extension ${String(this.context.extension.packageJSON.version)}, ${vscode.env.appName} ${vscode.version} on ${process.platform} ${process.arch}`,
      `workspace: ${vscode.workspace.workspaceFolders?.length ?? 0} folders, ${vscode.workspace.isTrusted ? "trusted" : "not trusted"}`,
      `server: ${this.server?.isRunning ? `process ${this.server.pid}` : "not running"}`,
    ];
    await showText([...own, (await this.information()) ?? ""].join("\n"), "plaintext");
  }

  private async showCatalog(): Promise<void> {
    const information = await this.information();
    const lines = information?.split("\n").filter((line) => line.startsWith("checking against")) ?? [];
    const message = lines.join("; ") || "offloop has not read a Home Assistant yet.";
    void vscode.window.showInformationMessage(message);
  }
}

function isOurs(document: vscode.TextDocument): boolean {
  return (
    document.languageId === "python" &&
    (document.uri.scheme === "file" || document.uri.scheme === "untitled") &&
    (isInIntegration(document.uri.path) || importsHomeAssistant(document.getText()))
  );
}

/** "Show why" among the quick fixes of a finding. */
class WhyActions implements vscode.CodeActionProvider {
  provideCodeActions(
    document: vscode.TextDocument,
    _range: vscode.Range,
    context: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    return context.diagnostics
      .filter((one) => one.source === "offloop" && (one.relatedInformation?.length ?? 0) > 0)
      .map((one) => {
        const action = new vscode.CodeAction("Show why", vscode.CodeActionKind.QuickFix);
        action.diagnostics = [one];
        action.command = { command: "offloop.showWhyAtCursor", title: "Show why", arguments: [document.uri, one] };
        return action;
      });
  }
}
