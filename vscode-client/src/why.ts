/** "Show Why": the way that leads to a finding as a tree of places; a click opens one. */

import * as vscode from "vscode";
import { type Place, spoken, type Step, type Trace } from "./trace";

const VIEW = "offloop.why";
const SHOWN = "offloop.hasTrace";

type Node = { readonly kind: "trace"; readonly trace: Trace } | { readonly kind: "step"; readonly step: Step; readonly number: number };

export class WhyView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  private readonly view: vscode.TreeView<Node>;
  private root: Node[] = [];
  private steps: Node[] = [];

  readonly onDidChangeTreeData = this.changed.event;

  constructor() {
    this.view = vscode.window.createTreeView(VIEW, { treeDataProvider: this, showCollapseAll: false });
  }

  /** Show a trace, its first step selected: Enter opens it, and the arrows go on. */
  async show(trace: Trace): Promise<void> {
    this.root = [{ kind: "trace", trace }];
    this.steps = trace.steps.map((step, index) => ({ kind: "step", step, number: index + 1 }));
    this.changed.fire(undefined);
    await vscode.commands.executeCommand("setContext", SHOWN, true);
    await vscode.commands.executeCommand(`${VIEW}.focus`);
    const [first] = this.steps;
    if (first) {
      await this.view.reveal(first, { select: true, focus: true });
    }
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return node.kind === "trace" ? traceItem(node.trace) : stepItem(node.step, node.number, this.steps.length);
  }

  getChildren(node?: Node): Node[] {
    return node === undefined ? this.root : node.kind === "trace" ? this.steps : [];
  }

  getParent(node: Node): Node | undefined {
    return node.kind === "step" ? this.root[0] : undefined;
  }

  dispose(): void {
    void vscode.commands.executeCommand("setContext", SHOWN, false);
    this.view.dispose();
    this.changed.dispose();
  }
}

function traceItem(trace: Trace): vscode.TreeItem {
  const item = new vscode.TreeItem(trace.title, vscode.TreeItemCollapsibleState.Expanded);
  item.tooltip = trace.title;
  return item;
}

function stepItem(step: Step, number: number, of: number): vscode.TreeItem {
  const item = new vscode.TreeItem(`${number}. ${step.message}`, vscode.TreeItemCollapsibleState.None);
  item.description = step.label;
  item.tooltip = `${step.message}\n${step.label}`;
  item.accessibilityInformation = { label: spoken(step, number, of) };
  item.iconPath = new vscode.ThemeIcon(step.isHomeAssistant ? "home" : "symbol-method");
  if (step.place === undefined) {
    item.tooltip += "\nHome Assistant's sources are not at hand: set offloop.homeAssistant or offloop.python to open this line.";
  } else {
    item.command = opening(step.place);
  }
  return item;
}

function opening(place: Place): vscode.Command {
  const position = new vscode.Position(place.line, place.character);
  const options: vscode.TextDocumentShowOptions = { selection: new vscode.Range(position, position), preserveFocus: true };
  return { command: "vscode.open", title: "Open", arguments: [vscode.Uri.parse(place.uri), options] };
}
