/** The bundled example integration, opened from a copy that may be edited. */

import * as vscode from "vscode";

const FILE = ["custom_components", "garden_hub", "switch.py"];

export async function openExample(context: vscode.ExtensionContext): Promise<void> {
  const target = vscode.Uri.joinPath(context.globalStorageUri, "example");
  await vscode.workspace.fs.copy(vscode.Uri.joinPath(context.extensionUri, "bundled", "example"), target, { overwrite: true });
  await vscode.window.showTextDocument(vscode.Uri.joinPath(target, ...FILE), { preview: false });
}
