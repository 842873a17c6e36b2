/** "Show why": the way that leads to a finding as a tree of places; a click opens one. */

import * as vscode from "vscode";
import { isInHomeAssistant, nearest, type Finding, type Place, type Step, type Trace, traceOf } from "./trace";

export const VIEW = "offloop.why";
const SHOWN = "offloop.hasTrace";

/** Our findings in a document. */
export function findingsIn(uri: vscode.Uri): Finding[] {
  return vscode.languages
    .getDiagnostics(uri)
    .filter((one) => one.source === "offloop")
    .map((one) => findingOf(uri, one));
}

export function findingOf(uri: vscode.Uri, diagnostic: vscode.Diagnostic): Finding {
  const code = typeof diagnostic.code === "object" ? diagnostic.code.value : (diagnostic.code ?? "");
  return {
    code: String(code),
    message: diagnostic.message,
    at: placeOf(uri, diagnostic.range.start),
    related: (diagnostic.relatedInformation ?? []).map(({ message, location }) => ({
      message,
      place: placeOf(location.uri, location.range.start),
    })),
  };
}

function placeOf(uri: vscode.Uri, position: vscode.Position): Place {
  return { uri: uri.toString(), line: position.line, character: position.character };
}

type Node = { readonly kind: "finding"; readonly trace: Trace } | { readonly kind: "step"; readonly step: Step; readonly number: number };

export class WhyView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  private readonly view: vscode.TreeView<Node>;
  private root: Node[] = [];
  private steps: Node[] = [];

  readonly onDidChangeTreeData = this.changed.event;

  constructor() {
    this.view = vscode.window.createTreeView(VIEW, { treeDataProvider: this, showCollapseAll: false });
  }

  /** Show the trace of the finding at a place (default: at the cursor). */
  async show(finding?: Finding): Promise<void> {
    const wanted = finding ?? findingAtCursor();
    if (wanted === undefined) {
      void vscode.window.showInformationMessage("There is no finding of offloop at the cursor.");
      return;
    }
    const trace = traceOf(wanted);
    this.root = [{ kind: "finding", trace }];
    this.steps = trace.steps.map((step, index) => ({ kind: "step", step, number: index + 1 }));
    this.view.title = `Why ${trace.code}`;
    await vscode.commands.executeCommand("setContext", SHOWN, true);
    this.changed.fire(undefined);
    await vscode.commands.executeCommand(`${VIEW}.focus`);
    const [first] = this.steps;
    if (first) {
      await this.view.reveal(first, { select: true, focus: true });
    }
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return node.kind === "finding" ? findingItem(node.trace) : stepItem(node.step, node.number, this.steps.length);
  }

  getChildren(node?: Node): Node[] {
    return node === undefined ? this.root : node.kind === "finding" ? this.steps : [];
  }

  getParent(node: Node): Node | undefined {
    return node.kind === "step" ? this.root[0] : undefined;
  }

  dispose(): void {
    this.view.dispose();
    this.changed.dispose();
  }
}

function findingAtCursor(): Finding | undefined {
  const editor = vscode.window.activeTextEditor;
  const cursor = editor?.selection.active;
  return editor && cursor ? nearest(findingsIn(editor.document.uri), cursor.line, cursor.character) : undefined;
}

function findingItem(trace: Trace): vscode.TreeItem {
  const item = new vscode.TreeItem(trace.message, vscode.TreeItemCollapsibleState.Expanded);
  item.iconPath = new vscode.ThemeIcon("error", new vscode.ThemeColor("list.errorForeground"));
  item.description = trace.code;
  item.command = opening(trace.at);
  return item;
}

function stepItem(step: Step, number: number, of: number): vscode.TreeItem {
  const item = new vscode.TreeItem(`${number}. ${step.message}`, vscode.TreeItemCollapsibleState.None);
  item.description = step.label;
  item.tooltip = `${step.message}\n${step.label}`;
  item.accessibilityInformation = { label: `Step ${number} of ${of}: ${step.message}, ${step.label}` };
  if (step.place === undefined) {
    item.iconPath = new vscode.ThemeIcon("circle-slash");
    item.tooltip += "\nThe sources of Home Assistant are not at hand; set offloop.homeAssistant or offloop.python.";
    return item;
  }
  item.iconPath = new vscode.ThemeIcon(isInHomeAssistant(step.place) ? "home" : "symbol-method");
  item.command = opening(step.place);
  return item;
}

function opening(place: Place): vscode.Command {
  const position = new vscode.Position(place.line, place.character);
  const options: vscode.TextDocumentShowOptions = { selection: new vscode.Range(position, position), preserveFocus: true };
  return { command: "vscode.open", title: "Open", arguments: [vscode.Uri.parse(place.uri), options] };
}
