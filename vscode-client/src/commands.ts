/** What the commands of the palette do with the running server. */

import * as vscode from "vscode";
import { OWN_COMMANDS, type Server } from "./server";
import type { Texts } from "./texts";
import { readTrace } from "./trace";
import type { WhyView } from "./why";

/** Where a command is asked for: one argument as the server's commands take it. */
export interface Asked {
  readonly uri: string;
  readonly position?: { readonly line: number; readonly character: number };
  readonly fingerprint?: string;
}

export interface Parts {
  readonly server: () => Server | undefined;
  readonly why: WhyView;
  readonly texts: Texts;
  /** Lines on the extension and its window. */
  readonly about: () => string[];
}

export class Questions {
  constructor(private readonly parts: Parts) {}

  async showWhy(asked: Asked | undefined): Promise<void> {
    const trace = readTrace(await this.ask("offloop.showWhy", asked ?? atCursor()));
    if (trace === undefined) {
      void vscode.window.showInformationMessage("offloop has nothing to tell about this place: there is no finding, and nobody is seen to call the function.");
      return;
    }
    await this.parts.why.show(trace);
  }

  async showCatalog(): Promise<void> {
    const answer = await this.ask<{ text: string; version: string }>("offloop.showCatalog", atCursor());
    if (answer) {
      await this.parts.texts.show(`Catalog of Home Assistant ${answer.version}.txt`, answer.text);
    }
  }

  async explainRule(code: unknown): Promise<void> {
    const wanted = typeof code === "string" ? code : codeAtCursor();
    const answer = wanted ? await this.ask<{ code: string; markdown: string }>("offloop.explainRule", { code: wanted }) : undefined;
    if (answer) {
      await this.parts.texts.show(`${answer.code}.md`, answer.markdown);
    } else if (!wanted) {
      void vscode.window.showInformationMessage("There is no finding of offloop in this line.");
    }
  }

  async fixAllInFunction(asked: Asked | undefined): Promise<void> {
    await this.ask("offloop.fixAllInFunction", asked ?? atCursor());
  }

  async debugInformation(): Promise<void> {
    const server = this.parts.server();
    const said = server?.isRunning ? await this.ask<string>("offloop.debugInformation", undefined) : undefined;
    const text = [...this.parts.about(), ...(said ? [said] : [])].join("\n");
    await this.parts.texts.show("offloop.txt", text);
  }

  /** Ask the server; undefined where there is none, or no answer, which the user is told. */
  private async ask<T>(command: string, argument: object | undefined): Promise<T | undefined> {
    const server = this.parts.server();
    if (!server?.isRunning) {
      void vscode.window.showWarningMessage("offloop is not running.");
      return undefined;
    }
    try {
      return (await server.execute<T | null>(command, argument ? [argument] : [])) ?? undefined;
    } catch (error) {
      void vscode.window.showErrorMessage(`offloop could not answer: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  }
}

/** Register commands; those of the server by the same names are then reached through them. */
export function registerCommands(commands: Readonly<Record<string, (...args: never[]) => unknown>>): vscode.Disposable[] {
  return Object.entries(commands).map(([name, run]) => {
    OWN_COMMANDS.add(name);
    return vscode.commands.registerCommand(name, run);
  });
}

function atCursor(): Asked | undefined {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    return undefined;
  }
  const { line, character } = editor.selection.active;
  return { uri: editor.document.uri.toString(), position: { line, character } };
}

function codeAtCursor(): string | undefined {
  const editor = vscode.window.activeTextEditor;
  const line = editor?.selection.active.line;
  const found = editor && vscode.languages.getDiagnostics(editor.document.uri).find((one) => one.source === "offloop" && one.range.start.line === line);
  const code = typeof found?.code === "object" ? found.code.value : found?.code;
  return code === undefined ? undefined : String(code);
}
