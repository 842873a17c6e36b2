/** The server's process and the language client that talks to it. */

import { spawn, type ChildProcess } from "node:child_process";
import * as vscode from "vscode";
import {
  CloseAction,
  type DynamicFeature,
  ErrorAction,
  ExecuteCommandRequest,
  LanguageClient,
  type LanguageClientOptions,
  type Middleware,
  type RegistrationData,
  State,
  type StaticFeature,
} from "vscode-languageclient/node";
import { Crashes } from "./crashes";
import type { Tried } from "./python/choose";
import { ISOLATED, launch } from "./python/probe";
import { SECTION } from "./settings";
import { readReport, type Report } from "./status";

export interface Launch {
  readonly python: Tried;
  readonly launcher: string;
  readonly preferEnvironment: boolean;
  /** Neither the workspace, which may be removed, nor a folder that Python would import from. */
  readonly folder: string;
}

export interface Listener {
  stateChanged(state: State): void;
  /** The server told how far it is. */
  reported(report: Report): void;
  /** The server ended and is not started again. */
  gaveUp(reason: string): void;
}

/** Ours, with commands of the server that the extension offers itself left to the extension. */
class Client extends LanguageClient {
  override registerFeature(feature: StaticFeature | DynamicFeature<unknown>): void {
    if ("registrationType" in feature && feature.registrationType.method === ExecuteCommandRequest.method) {
      const register = feature.register.bind(feature);
      feature.register = (data: RegistrationData<unknown>) => {
        const options = data.registerOptions as { commands?: string[] };
        const commands = (options.commands ?? []).filter((command) => !OWN_COMMANDS.has(command));
        register({ ...data, registerOptions: { ...options, commands } });
      };
    }
    super.registerFeature(feature);
  }

  /** Logged only: what went wrong is told to the user once, by the extension, with something to do about it. */
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

/** Commands that this extension registers; one that the server offers by the same name is reached through it. */
export const OWN_COMMANDS = new Set<string>();

const LAST_WORDS = 2000;
const LAST_WORDS_MS = 1000;
const END_MS = 3000;

export class Server implements vscode.Disposable {
  private readonly client: Client;
  private readonly crashes = new Crashes();
  private process: ChildProcess | undefined;
  private hasServed = false;
  private lastWords = "";
  private ended: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly how: Launch,
    private readonly channel: vscode.LogOutputChannel,
    trace: vscode.LogOutputChannel,
    middleware: Middleware,
    private readonly listener: Listener,
  ) {
    const options: LanguageClientOptions = {
      documentSelector: [
        { scheme: "file", language: "python" },
        { scheme: "untitled", language: "python" },
      ],
      outputChannel: channel,
      traceOutputChannel: trace,
      initializationOptions: { untrustedWorkspace: !vscode.workspace.isTrusted, ui: { status: true, showWhy: true } },
      middleware,
      markdown: { isTrusted: false, supportHtml: false },
      initializationFailedHandler: () => false,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => this.closed(),
      },
    };
    this.client = new Client(SECTION, "offloop", () => this.spawn(), options);
    this.client.onNotification("offloop/status", (sent: unknown) => {
      const report = readReport(sent);
      if (report) {
        listener.reported(report);
      }
    });
    this.client.onDidChangeState(({ newState }) => {
      this.hasServed ||= newState === State.Running;
      listener.stateChanged(newState);
    });
  }

  get isRunning(): boolean {
    return this.client.state === State.Running;
  }

  get python(): string {
    return this.how.python.candidate.label;
  }

  get pid(): number | undefined {
    return this.process?.pid;
  }

  /** Start; what goes wrong is told to the listener, nothing is thrown. */
  async start(): Promise<void> {
    try {
      await this.client.start();
    } catch (error) {
      await this.giveUp(error instanceof Error ? error.message : String(error));
    }
  }

  /** Ask the server to end, and end it if it does not. */
  async stop(): Promise<void> {
    const process = this.process;
    try {
      if (this.client.needsStop()) {
        await this.client.stop(END_MS);
      }
    } catch {
      // It had no answer any more.
    } finally {
      if (process && process.exitCode === null && process.signalCode === null) {
        setTimeout(() => process.kill(), END_MS).unref();
      }
      await this.client.dispose().catch(() => undefined);
    }
  }

  dispose(): void {
    void this.stop();
  }

  /** Run one of the server's commands; rejects where it is not running or does not know the command. */
  async execute<T>(command: string, args: unknown[] = []): Promise<T> {
    return (await this.client.sendRequest(ExecuteCommandRequest.type, { command, arguments: args })) as T;
  }

  private spawn(): Promise<ChildProcess> {
    const { command } = this.how.python.candidate;
    const args = [...command.args, ...ISOLATED, this.how.launcher, ...launch("server", this.how.preferEnvironment)];
    this.hasServed = false;
    this.lastWords = "";
    return new Promise((resolve, reject) => {
      const child = spawn(command.program, args, { cwd: this.how.folder, windowsHide: true, stdio: "pipe" });
      this.process = child;
      child.stderr.setEncoding("utf8");
      child.stderr.on("data", (text: string) => {
        this.lastWords = (this.lastWords + text).slice(-LAST_WORDS);
      });
      child.once("exit", (code, signal) => this.channel.info(`The server ended (${signal ?? `exit code ${code}`}).`));
      this.ended = new Promise((resolve) => child.once("close", resolve));
      child.once("error", reject);
      child.once("spawn", () => {
        this.channel.info(`Started ${[command.program, ...args].join(" ")} as process ${child.pid}.`);
        resolve(child);
      });
    });
  }

  private closed(): { action: CloseAction; handled: true; message: string } {
    const verdict = this.crashes.ended(Date.now() / 1000, this.hasServed);
    if (verdict === "restart") {
      return { action: CloseAction.Restart, handled: true, message: "The server ended by itself and is started again." };
    }
    const message = verdict === "give up" ? "the server ended again and again" : "the server ended while it was starting";
    void this.giveUp(message);
    return { action: CloseAction.DoNotRestart, handled: true, message };
  }

  /** Tell the listener, with the last words of the process once it has said them. */
  private async giveUp(message: string): Promise<void> {
    await Promise.race([this.ended, new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS))]);
    const code = this.process?.exitCode;
    const happened = typeof code === "number" ? `the server ended with exit code ${code}` : message;
    const last = this.lastWords.trim().split("\n").at(-1);
    this.listener.gaveUp(last ? `${happened} (${last})` : happened);
  }
}
