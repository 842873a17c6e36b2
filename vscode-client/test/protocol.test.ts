// The protocol layer of the language client, in plain Node, against the real server as the package starts it.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import {
  CodeActionRequest,
  ConfigurationRequest,
  createProtocolConnection,
  DidOpenTextDocumentNotification,
  type Diagnostic,
  DiagnosticRefreshRequest,
  DocumentDiagnosticReportKind,
  DocumentDiagnosticRequest,
  ExecuteCommandRequest,
  ExitNotification,
  InitializedNotification,
  InitializeRequest,
  type InitializeResult,
  type ProtocolConnection,
  RegistrationRequest,
  ShutdownRequest,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-languageserver-protocol/node";
import { ISOLATED, launch } from "../src/python/probe";
import { readReport, type Report } from "../src/status";
import { readTrace } from "../src/trace";

const PYTHON = process.env["PYTHON"] ?? "python3";
const LAUNCHER = resolve("bundled", "start_server.py");
const EXAMPLE = resolve("..", "tests", "assets", "example");
const isBundled = existsSync(resolve("bundled", "libs"));

class Client {
  readonly process: ChildProcess;
  readonly connection: ProtocolConnection;
  readonly reports: Report[] = [];
  stderr = "";

  constructor() {
    // A working folder of the extension's own: not the workspace, which may be removed.
    this.process = spawn(PYTHON, [...ISOLATED, LAUNCHER, ...launch("server", false)], { cwd: tmpdir(), stdio: "pipe" });
    this.process.stderr!.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    this.connection = createProtocolConnection(new StreamMessageReader(this.process.stdout!), new StreamMessageWriter(this.process.stdin!));
    this.connection.onNotification("offloop/status", (sent: unknown) => {
      const report = readReport(sent);
      assert.ok(report, JSON.stringify(sent));
      this.reports.push(report);
    });
    this.connection.onRequest(ConfigurationRequest.type, ({ items }) => items.map(() => ({ homeAssistant: "2026.11.0", interpreter: "x", enable: true })));
    this.connection.onRequest(RegistrationRequest.type, () => undefined);
    this.connection.onRequest(DiagnosticRefreshRequest.type, () => undefined);
    this.connection.listen();
  }

  async initialize(folder: string, untrustedWorkspace = false): Promise<InitializeResult> {
    const result = await this.connection.sendRequest(InitializeRequest.type, {
      processId: process.pid,
      rootUri: pathToFileURL(folder).href,
      workspaceFolders: [{ uri: pathToFileURL(folder).href, name: "garden" }],
      initializationOptions: { untrustedWorkspace, ui: { status: true, showWhy: true } },
      capabilities: {
        workspace: { configuration: true, diagnostics: { refreshSupport: true } },
        textDocument: {
          diagnostic: { dynamicRegistration: true },
          publishDiagnostics: { relatedInformation: true, dataSupport: true },
          codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: [] } }, isPreferredSupport: true },
        },
      },
    });
    await this.connection.sendNotification(InitializedNotification.type, {});
    return result;
  }

  async open(file: string): Promise<string> {
    const uri = pathToFileURL(file).href;
    const textDocument = { uri, languageId: "python", version: 1, text: readFileSync(file, "utf8") };
    await this.connection.sendNotification(DidOpenTextDocumentNotification.type, { textDocument });
    return uri;
  }

  async pull(uri: string): Promise<Diagnostic[]> {
    const report = await this.connection.sendRequest(DocumentDiagnosticRequest.type, { textDocument: { uri } });
    assert.equal(report.kind, DocumentDiagnosticReportKind.Full);
    return report.kind === DocumentDiagnosticReportKind.Full ? report.items : [];
  }

  /** The first report of a server that has done its work. */
  async ready(): Promise<Report> {
    for (;;) {
      const report = this.reports.find(({ state, homeAssistant }) => state === "ready" && homeAssistant.length > 0);
      if (report) {
        return report;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  execute(command: string, argument?: object): Promise<unknown> {
    return this.connection.sendRequest(ExecuteCommandRequest.type, { command, arguments: argument ? [argument] : [] });
  }

  /** End politely; returns the exit code. */
  async end(): Promise<number | null> {
    const code = new Promise<number | null>((resolve) => this.process.once("exit", resolve));
    await this.connection.sendRequest(ShutdownRequest.type);
    await this.connection.sendNotification(ExitNotification.type);
    return code;
  }
}

function garden(): string {
  const folder = join(mkdtempSync(join(tmpdir(), "offloop ")), "Gärten von 家 #1");
  cpSync(EXAMPLE, folder, { recursive: true });
  return folder;
}

describe("the server of the package", { skip: !isBundled && "the libraries are not bundled: npm run package" }, () => {
  const clients: Client[] = [];
  const start = () => {
    const client = new Client();
    clients.push(client);
    return client;
  };
  after(() => clients.forEach(({ process }) => process.kill()));

  test("finds, explains and mends in a folder of spaces and umlauts, and ends with 0", async () => {
    const folder = garden();
    const client = start();
    const result = await client.initialize(folder);
    assert.equal(result.serverInfo?.name, "offloop");
    assert.notEqual(result.serverInfo?.version, "0");
    const uri = await client.open(join(folder, "custom_components", "garden_hub", "switch.py"));
    const found = await client.pull(uri);
    const finding = found.find(({ range }) => range.start.line === 52);
    assert.equal(finding?.code, "HAT101");

    const fingerprint = (finding.data as { fingerprint: string }).fingerprint;
    const trace = readTrace(await client.execute("offloop.showWhy", { uri, fingerprint }));
    assert.ok(trace && trace.steps.length >= 2);
    assert.ok(trace.steps.some(({ place }) => place?.uri === uri || decodeURIComponent(place?.uri ?? "") === decodeURIComponent(uri)));
    assert.ok(trace.steps.some(({ isHomeAssistant, message }) => isHomeAssistant && message.includes("executor")));

    const actions = await client.connection.sendRequest(CodeActionRequest.type, {
      textDocument: { uri },
      range: finding.range,
      context: { diagnostics: [finding] },
    });
    const titles = (actions ?? []).map(({ title }) => title);
    assert.ok(titles[0]?.startsWith("Use self.schedule_update_ha_state"), titles.join("\n"));

    const ready = await client.ready();
    assert.equal(ready.homeAssistant[0]?.version, "2026.11.0");
    assert.equal(ready.findings.error + ready.findings.warning, found.length);
    assert.match(String(await client.execute("offloop.debugInformation")), /^offloop \d/);
    assert.equal(await client.end(), 0);
    assert.equal(client.stderr, "");
  });

  test("serves two windows on one folder, and goes on when the folder is removed", async () => {
    const folder = garden();
    const file = join(folder, "custom_components", "garden_hub", "switch.py");
    const both = [start(), start()];
    const counts = await Promise.all(
      both.map(async (client) => {
        await client.initialize(folder);
        return (await client.pull(await client.open(file))).length;
      }),
    );
    assert.deepEqual(counts, [6, 6]);
    rmSync(folder, { recursive: true });
    const [one, other] = both as [Client, Client];
    await one.execute("offloop.restart");
    // The open text is still checked, and the server still answers and ends as it should.
    assert.ok((await one.pull(pathToFileURL(file).href)).length > 0);
    assert.equal(await one.end(), 0);
    assert.equal(await other.end(), 0);
  });

  test("says in an untrusted workspace the same of what it reads", async () => {
    const folder = garden();
    const client = start();
    await client.initialize(folder, true);
    const found = await client.pull(await client.open(join(folder, "custom_components", "garden_hub", "switch.py")));
    assert.equal(found.length, 6);
    assert.equal(await client.end(), 0);
  });
});
