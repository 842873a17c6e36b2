// Interpreters that other extensions know. Stand-ins with the identities and the interfaces of the Python Environments and the
// Python extension: those themselves come from a marketplace alone.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exampleFolder, log, ROOT, scenario, temporary, until } from "./workbench.mjs";

const place = temporary("environments");
const folder = exampleFolder(place);
const real = spawnSync(process.env.PYTHON ?? "python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).stdout.trim();

/** Another path of the same interpreter. */
function python(name) {
  const path = join(place, name, "bin", "python");
  mkdirSync(join(place, name, "bin"), { recursive: true });
  symlinkSync(real, path);
  return path;
}

function pack(name, main) {
  const source = join(place, name);
  mkdirSync(source);
  const manifest = { name, publisher: "ms-python", version: "1.0.0", license: "MIT", repository: "x", engines: { vscode: "^1.91.0" }, main: "./main.js", activationEvents: [] };
  writeFileSync(join(source, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(source, "LICENSE"), "MIT");
  writeFileSync(join(source, "README.md"), "A stand-in for tests.");
  writeFileSync(join(source, "main.js"), main);
  const vsix = join(place, `${name}.vsix`);
  const vsce = join(ROOT, "vscode-client", "node_modules", "@vscode", "vsce", "vsce");
  const done = spawnSync(process.execPath, [vsce, "package", "--no-dependencies", "--allow-missing-repository", "-o", vsix], { cwd: source, encoding: "utf8" });
  assert.equal(done.status, 0, done.stdout + done.stderr);
  return vsix;
}

const [first, second] = [python("first"), python("second")];
const chosen = join(place, "chosen");
const environments = pack(
  "vscode-python-envs",
  `const vscode = require("vscode"), fs = require("fs");
  const event = new vscode.EventEmitter();
  exports.activate = () => {
    fs.watchFile(${JSON.stringify(chosen)}, { interval: 200 }, () => event.fire({}));
    return {
      onDidChangeEnvironment: event.event,
      getEnvironment: async () => fs.existsSync(${JSON.stringify(chosen)}) ? { execInfo: { run: { executable: ${JSON.stringify(second)} } } } : undefined,
    };
  };`,
);
const older = pack(
  "python",
  `const vscode = require("vscode");
  const event = new vscode.EventEmitter();
  exports.activate = () => ({
    environments: {
      onDidChangeActiveEnvironmentPath: event.event,
      getActiveEnvironmentPath: () => ({ id: "first", path: "first" }),
      resolveEnvironment: async ({ id }) => (id === "first" ? { executable: { uri: vscode.Uri.file(${JSON.stringify(first)}) } } : undefined),
    },
  });`,
);

await scenario({ folder, settings: { "offloop.homeAssistant": "2026.11.0" }, also: [environments, older] }, async (code) => {
  await code.openFile("switch.py", 53);
  await code.page.waitForSelector(".squiggly-error", { state: "attached" });
  assert.ok(code.serverLines()[0].includes(first), code.serverLines().join("\n"));
  log("the Python extension's environment runs the server");

  const [pid] = code.servers();
  writeFileSync(chosen, "");
  await until("the server runs in the chosen environment", () => {
    const lines = code.serverLines();
    return lines.length === 1 && !lines[0].trim().startsWith(`${pid} `) && lines[0].includes(second);
  });
  await until("findings are there again", async () => (await code.count()) === 6);
  log("another environment was chosen in the Python Environments extension, and runs it now");
});
