/** One window's offloop: decides when a server is wanted, starts and ends it, and answers the commands. */

import { mkdirSync } from "node:fs";
import * as vscode from "vscode";
import { type Middleware, State } from "vscode-languageclient/node";
import { type Asked, Questions, registerCommands } from "./commands";
import { Environments } from "./environments";
import { openExample } from "./example";
import { Interpreters } from "./interpreter";
import { installParser } from "./parser";
import { type Advice, advise, type Remedy, REMEDY_TITLES } from "./python/advice";
import { importsHomeAssistant, isInIntegration, MARKS } from "./relevance";
import { Server } from "./server";
import { RESTARTS_FOR, SECTION } from "./settings";
import type { Process } from "./status";
import { StatusItem } from "./statusItem";
import { Texts } from "./texts";
import { WhyView } from "./why";

export class Offloop implements vscode.Disposable {
  private readonly log = vscode.window.createOutputChannel("offloop", { log: true });
  private readonly serverLog = vscode.window.createOutputChannel("offloop Language Server", { log: true });
  private readonly trace = vscode.window.createOutputChannel("offloop Trace", { log: true });
  private readonly environments = new Environments(this.log);
  private readonly interpreters: Interpreters;
  private readonly status = new StatusItem();
  private readonly why = new WhyView();
  private readonly texts = new Texts();
  private readonly subscriptions: vscode.Disposable[];
  private server: Server | undefined;
  private isWanted = false;
  /** Starts and ends happen one after the other. */
  private queue: Promise<void> = Promise.resolve();

  constructor(private readonly context: vscode.ExtensionContext) {
    this.interpreters = new Interpreters(context, this.environments, this.log);
    this.subscriptions = [this.log, this.serverLog, this.trace, this.environments, this.status, this.why, this.texts, ...this.commands()];
    this.subscriptions.push(
      vscode.workspace.onDidOpenTextDocument((document) => this.consider(document)),
      vscode.workspace.onDidChangeConfiguration((event) => this.configured(event)),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.restart("the workspace is trusted now")),
      this.environments.onDidChange(() => this.environmentChanged()),
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
      this.show(settings.enable ? "off" : "disabled");
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
      reported: (report) => this.server === server && this.status.update({ report }),
      gaveUp: (reason) => this.gaveUp(server, reason),
    });
    this.server = server;
    await server.start();
  }

  private serverChanged(server: Server, state: State): void {
    if (this.server === server) {
      this.show(state === State.Running ? "running" : state === State.Starting ? "starting" : "stopped");
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
  private show(process: Process, reason?: string): void {
    // What an earlier process reported says nothing of this one.
    this.status.update({ process, reason, report: undefined, isTrusted: vscode.workspace.isTrusted });
    void vscode.commands.executeCommand("setContext", "offloop.isRunning", process === "running");
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
    const questions = new Questions({
      server: () => this.server,
      why: this.why,
      texts: this.texts,
      about: () => this.about(),
    });
    return registerCommands({
      "offloop.restart": () => {
        this.isWanted = true;
        return this.restart("the user asked for it");
      },
      "offloop.showLogs": () => this.log.show(),
      "offloop.showServerLogs": () => this.serverLog.show(),
      "offloop.debugInformation": () => questions.debugInformation(),
      "offloop.showCatalog": () => questions.showCatalog(),
      "offloop.showWhy": (asked?: Asked) => questions.showWhy(asked),
      "offloop.explainRule": (code?: unknown) => questions.explainRule(code),
      "offloop.fixAllInFunction": (asked?: Asked) => questions.fixAllInFunction(asked),
      "offloop.openExample": () => openExample(this.context),
    });
  }

  private about(): string[] {
    const { version } = this.context.extension.packageJSON as { version: string };
    const folders = vscode.workspace.workspaceFolders?.length ?? 0;
    return [
      `offloop extension ${version} in ${vscode.env.appName} ${vscode.version} on ${process.platform} ${process.arch}`,
      `workspace: ${folders} ${folders === 1 ? "folder" : "folders"}, ${vscode.workspace.isTrusted ? "trusted" : "not trusted"}`,
      this.server?.isRunning ? `server: process ${this.server.pid}, run by ${this.server.python}` : "server: not running",
    ];
  }
}

function isOurs(document: vscode.TextDocument): boolean {
  return (
    document.languageId === "python" &&
    (document.uri.scheme === "file" || document.uri.scheme === "untitled") &&
    (isInIntegration(document.uri.path) || importsHomeAssistant(document.getText()))
  );
}
