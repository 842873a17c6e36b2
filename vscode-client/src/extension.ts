/** The extension's life: what is created when it is activated, and what is undone when it is deactivated. */

import * as vscode from "vscode";
import { Offloop } from "./offloop";

let running: Offloop | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  running = new Offloop(context);
  context.subscriptions.push(running);
  await running.begin();
}

export async function deactivate(): Promise<void> {
  await running?.end();
  running = undefined;
}
