/** Texts that are shown in an editor without being a file. */

import * as vscode from "vscode";

export async function showText(content: string, language: string): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ content, language });
  await vscode.window.showTextDocument(document, { preview: true });
}
