/** The active Python environments, from whichever extension knows them; neither is needed. */

import * as vscode from "vscode";

/** Of `ms-python.vscode-python-envs`, what is used here. */
interface EnvironmentsApi {
  getEnvironment(scope: vscode.Uri | undefined): Promise<{ execInfo?: { run?: { executable?: string } } } | undefined>;
  readonly onDidChangeEnvironment?: vscode.Event<unknown>;
}

/** Of `ms-python.python`, what is used here. */
interface PythonApi {
  readonly environments?: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { readonly id: string; readonly path: string };
    resolveEnvironment(environment: {
      readonly id: string;
      readonly path: string;
    }): Promise<{ readonly executable: { readonly uri?: vscode.Uri } } | undefined>;
    readonly onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
  };
}

type Ask = (scope: vscode.Uri | undefined) => Promise<string | undefined>;

const ENVIRONMENTS = "ms-python.vscode-python-envs";
const PYTHON = "ms-python.python";
/** Both search the whole disk at their first start; we do not wait for that. */
const PATIENCE_MS = 8000;

export class Environments implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly subscriptions: vscode.Disposable[] = [this.changed];
  private asking: Promise<Ask[]> | undefined;

  readonly onDidChange = this.changed.event;

  constructor(private readonly log: vscode.LogOutputChannel) {}

  /** The interpreter of a folder's active environment. */
  async interpreter(scope: vscode.Uri | undefined): Promise<string | undefined> {
    this.asking ??= this.connect();
    for (const ask of await this.asking) {
      try {
        const found = await withPatience(ask(scope));
        if (found) {
          return found;
        }
      } catch (error) {
        this.log.warn(`An extension could not name the active environment: ${String(error)}`);
      }
    }
    return undefined;
  }

  dispose(): void {
    this.subscriptions.forEach((one) => one.dispose());
  }

  private async connect(): Promise<Ask[]> {
    const asks = [await this.connectEnvironments(), await this.connectPython()];
    return asks.filter((ask) => ask !== undefined);
  }

  private async connectEnvironments(): Promise<Ask | undefined> {
    const api = await this.activate<EnvironmentsApi>(ENVIRONMENTS);
    if (typeof api?.getEnvironment !== "function") {
      return undefined;
    }
    this.listen(api.onDidChangeEnvironment);
    return async (scope) => (await api.getEnvironment(scope))?.execInfo?.run?.executable;
  }

  private async connectPython(): Promise<Ask | undefined> {
    const known = (await this.activate<PythonApi>(PYTHON))?.environments;
    if (known === undefined) {
      return undefined;
    }
    this.listen(known.onDidChangeActiveEnvironmentPath);
    return async (scope) =>
      (await known.resolveEnvironment(known.getActiveEnvironmentPath(scope)))?.executable.uri?.fsPath;
  }

  private listen(event: vscode.Event<unknown> | undefined): void {
    if (event) {
      this.subscriptions.push(event(() => this.changed.fire()));
    }
  }

  private async activate<T>(id: string): Promise<T | undefined> {
    const extension = vscode.extensions.getExtension<T>(id);
    if (extension === undefined) {
      return undefined;
    }
    try {
      return await withPatience(Promise.resolve(extension.activate()));
    } catch (error) {
      this.log.warn(`${id} could not be activated: ${String(error)}`);
      return undefined;
    }
  }
}

function withPatience<T>(work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
