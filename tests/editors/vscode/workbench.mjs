// A real VS Code (code-server) with the packed extension, driven by a headless Chromium.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
export const ROOT = resolve(HERE, "../../..");
const { chromium } = createRequire(join(ROOT, "vscode-client", "package.json"))("playwright-core");

export const ARTEFACTS = process.env.OFFLOOP_ARTEFACTS ?? join(ROOT, "tests", "artefacts", "vscode");
const SERVER = process.env.OFFLOOP_CODE_SERVER ?? join(ROOT, ".cache", "code-server");
const CHROMIUM = process.env.OFFLOOP_CHROMIUM ?? "/usr/bin/chromium";
const PATIENCE = Number(process.env.OFFLOOP_PATIENCE ?? 90) * 1000;
const SETTINGS = {
  "workbench.colorTheme": "Default Dark Modern",
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.layoutControl.enabled": false,
  "workbench.enableExperiments": false,
  "window.commandCenter": false,
  "chat.commandCenter.enabled": false,
  "telemetry.telemetryLevel": "off",
  "git.enabled": false,
  "files.autoSave": "off",
  "editor.minimap.enabled": false,
  "editor.stickyScroll.enabled": false,
  "editor.hover.above": false,
  "editor.inlayHints.maximumLength": 72,
  "editor.occurrencesHighlight": "off",
  "editor.lightbulb.enabled": "off",
  "editor.inlineSuggest.enabled": false,
  "breadcrumbs.filePath": "last",
  "editor.fontFamily": "'JetBrains Mono', 'DejaVu Sans Mono', monospace",
  "editor.fontSize": 13,
  "extensions.ignoreRecommendations": true,
  "problems.decorations.enabled": true,
};

const started = Date.now();

export function log(...words) {
  console.log(`${((Date.now() - started) / 1000).toFixed(1)} s`, ...words);
}

/** A folder with a copy of the example integration. */
export function exampleFolder(parent, name = "garden") {
  const folder = join(parent, name);
  cpSync(join(ROOT, "tests", "assets", "example"), folder, { recursive: true });
  return folder;
}

export function writeWorkspaceSettings(folder, settings) {
  mkdirSync(join(folder, ".vscode"), { recursive: true });
  writeFileSync(join(folder, ".vscode", "settings.json"), JSON.stringify(settings, null, 2));
}

export function temporary(name) {
  return mkdtempSync(join(tmpdir(), `offloop ${name} `));
}

/** Wait until a check gives something true, and return it. */
export async function until(what, check, patience = PATIENCE) {
  const end = Date.now() + patience;
  for (;;) {
    const value = await check();
    if (value) {
      return value;
    }
    if (Date.now() > end) {
      throw new Error(`waited in vain until ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

export class Workbench {
  /** Install the package into a fresh VS Code, start it and open a folder. */
  static async open({ folder, also = [], settings = {}, env = {}, isTrusted = true, vsix = packed(), size = { width: 1280, height: 800 } }) {
    const home = temporary("code");
    const workbench = new Workbench(home, folder, { ...process.env, ...env }, isTrusted);
    workbench.writeSettings(settings);
    const wanted = [...also, vsix].flatMap((file) => ["--install-extension", file]);
    const done = spawnSync(process.execPath, [...workbench.command, ...wanted], { encoding: "utf8", env: workbench.env });
    if (done.status !== 0) {
      throw new Error(`the package cannot be installed: ${done.stdout}${done.stderr}`);
    }
    log("installed", vsix);
    await workbench.begin(size);
    return workbench;
  }

  constructor(home, folder, env, isTrusted) {
    this.home = home;
    this.folder = folder;
    this.env = { ...env, HOME: home, XDG_DATA_HOME: join(home, "share"), XDG_CONFIG_HOME: join(home, "config") };
    this.isTrusted = isTrusted;
    this.artefacts = ARTEFACTS;
    this.data = join(home, "data");
    this.entry = join(SERVER, "node_modules", "code-server", "out", "node", "entry.js");
    this.command = [this.entry, "--extensions-dir", join(home, "extensions"), "--user-data-dir", this.data];
  }

  writeSettings(settings) {
    mkdirSync(join(this.data, "User"), { recursive: true });
    writeFileSync(join(this.data, "User", "settings.json"), JSON.stringify({ ...SETTINGS, ...settings }, null, 2));
  }

  /** Change the settings of the workspace; those of one machine count here only, this VS Code being a remote one. */
  writeWorkspaceSettings(settings) {
    writeWorkspaceSettings(this.folder, settings);
  }

  /** Change settings as the user does: in their file, opened in the editor. */
  async changeSettings(settings) {
    const { page } = this;
    await this.run("Preferences: Open User Settings (JSON)");
    await page.waitForSelector('.tab.active[data-resource-name="settings.json"]');
    await page.waitForTimeout(500);
    await page.keyboard.press("Control+A");
    await page.keyboard.insertText(JSON.stringify({ ...SETTINGS, ...settings }));
    await page.keyboard.press("Control+S");
    await page.waitForSelector(".tab.active:not(.dirty)");
    await this.run("View: Close Editor");
    await page.waitForSelector('.tab[data-resource-name="settings.json"]', { state: "detached" });
  }

  async begin(size) {
    const port = await freePort();
    const trust = this.isTrusted ? ["--disable-workspace-trust"] : [];
    const args = ["--auth", "none", "--bind-addr", `127.0.0.1:${port}`, "--disable-telemetry", "--disable-update-check", "--disable-getting-started-override"];
    mkdirSync(ARTEFACTS, { recursive: true });
    const out = openSync(join(ARTEFACTS, "code-server.log"), "a");
    this.process = spawn(process.execPath, [...this.command, ...args, ...trust, this.folder], { env: this.env, stdio: ["ignore", out, out], detached: true });
    const address = `http://127.0.0.1:${port}`;
    await until("code-server answers", () => fetch(`${address}/healthz`).then((answer) => answer.ok, () => false));
    const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
    this.browser = await chromium.launch({ executablePath: CHROMIUM, headless: true, args: flags });
    const kind = this.folder.endsWith(".code-workspace") ? "workspace" : "folder";
    this.address = `${address}/?${kind}=${encodeURIComponent(this.folder)}`;
    this.page = await this.newWindow(size);
  }

  async newWindow(size) {
    const page = await this.browser.newPage({ viewport: size });
    page.setDefaultTimeout(PATIENCE);
    await page.goto(this.address);
    await page.waitForSelector(".monaco-workbench");
    await page.addStyleTag({ content: ".monaco-workbench { font-family: Inter, system-ui, sans-serif !important; }" });
    return page;
  }

  /** Open a file by its name, with "Go to File"; `inside` is a word of its path. */
  async openFile(name, line, inside = "") {
    const { page } = this;
    await page.waitForSelector(".explorer-folders-view");
    await this.quickInput(`${name} ${inside}`.trim() + (line ? `:${line}` : ""));
    await page.waitForSelector(`.tab.active[data-resource-name="${name}"]`);
    await page.waitForSelector(".monaco-editor .view-lines");
  }

  /** Run a command of the palette by its full title. */
  async run(title) {
    const input = await this.typeInto(`>${title}`);
    const row = this.page.locator(".quick-input-list .monaco-list-row").and(this.page.locator(`[aria-label="${title}"], [aria-label^="${title},"]`));
    await row.first().click();
    await input.waitFor({ state: "hidden" });
  }

  /** Take the first answer of the quick input. */
  async quickInput(text) {
    const input = await this.typeInto(text);
    await this.page.locator(".quick-input-list .monaco-list-row").first().waitFor();
    await this.page.waitForTimeout(600);
    await this.page.keyboard.press("Enter");
    await input.waitFor({ state: "hidden" });
  }

  async typeInto(text) {
    const input = this.page.locator(".quick-input-widget input").first();
    await until("the palette opens", async () => {
      // A key is lost, and the palette closes again, while the focus moves to another part of the window.
      await this.page.keyboard.press("F1");
      const filled = input.waitFor({ state: "visible", timeout: 4000 }).then(() => input.fill(text, { timeout: 4000 }));
      return filled.then(() => input.isVisible(), () => false);
    });
    return input;
  }

  /** Rows of the Problems panel that are in view, as one line each. */
  async problems() {
    if (!(await this.page.locator(".markers-panel").isVisible())) {
      await this.run("Problems: Focus on Problems View");
      await this.page.waitForSelector(".markers-panel .monaco-list-row");
    }
    return this.texts(".markers-panel .monaco-list-row");
  }

  /** Put the cursor at a 1-based place of the active editor. */
  async goTo(line, column) {
    await this.quickInput(`:${line}:${column}`);
    await this.page.waitForTimeout(300);
  }

  async dismissMessages() {
    const toasts = this.page.locator(".notification-toast");
    await until("the messages are gone", async () => {
      // One that comes while others are cleared stays.
      await this.run("Notifications: Clear All Notifications");
      await this.page.waitForTimeout(700);
      return (await toasts.count()) === 0;
    });
  }

  /** The line of the cursor: its 1-based number and its text. */
  async currentLine() {
    const line = Number(/Ln (\d+)/.exec(await this.page.locator("[id='status.editor.selection']").innerText())[1]);
    const number = this.page.locator(".editor-instance .line-numbers", { hasText: new RegExp(`^\\s*${line}\\s*$`) });
    const { y } = await number.first().boundingBox();
    const rows = this.page.locator(".editor-instance .view-line");
    for (const row of await rows.all()) {
      if (Math.abs((await row.boundingBox()).y - y) < 3) {
        return { line, text: plain(await row.innerText()) };
      }
    }
    throw new Error(`line ${line} is not in view`);
  }

  /** The text of the active editor, as far as it is in view. */
  async editorText() {
    return plain((await this.page.locator(".editor-instance .view-line").allInnerTexts()).join("\n"));
  }

  /** Move the mouse to the cursor. */
  async pointAtCursor() {
    const box = await this.page.locator(".editor-instance .monaco-editor.focused .cursors-layer .cursor").first().boundingBox();
    await this.page.mouse.move(box.x + 20, box.y + box.height / 2, { steps: 4 });
  }

  /** What the language status of the active editor says, as its hover shows it. */
  async languageStatus() {
    const item = this.page.locator("[id='status.languageStatus']");
    await item.hover();
    const hover = this.page.locator(".hover-language-status");
    await hover.first().waitFor();
    const text = (await hover.allInnerTexts()).join("\n").replace(/[^\S\n]+/g, " ");
    await this.page.mouse.move(640, 3);
    await hover.first().waitFor({ state: "hidden" });
    return text;
  }

  /** How many errors and warnings there are, as the status bar counts them. */
  async count() {
    const numbers = (await this.page.locator("[id='status.problems']").innerText()).match(/\d+/g) ?? [];
    return numbers.map(Number).reduce((one, other) => one + other, 0);
  }

  async texts(selector) {
    return (await this.page.locator(selector).allInnerTexts()).map((text) => text.replace(/\s+/g, " ").trim());
  }

  /** Keep a picture as an artefact; with OFFLOOP_KEEP_PICTURES those that the README shows take their places there. */
  async picture(name, { keepMouse = false, isShown = false } = {}) {
    const { page } = this;
    if (!keepMouse) {
      await page.mouse.move(640, 3);
    }
    if (isShown) {
      await until("nothing is being checked", async () => !(await page.locator(".part.statusbar").innerText()).includes("offloop:"));
    }
    await page.waitForTimeout(600);
    await page.screenshot({ path: join(ARTEFACTS, `${name}.png`) });
    if (isShown && process.env.OFFLOOP_KEEP_PICTURES) {
      cpSync(join(ARTEFACTS, `${name}.png`), join(ROOT, "vscode-client", "media", `${name}.png`));
    }
    log("picture", name);
  }

  /** Process ids of offloop servers that this VS Code has started. */
  servers() {
    return this.serverLines().map((line) => Number(line.trim().split(" ")[0]));
  }

  serverLines() {
    const marker = join(this.home, "extensions");
    const { stdout } = spawnSync("ps", ["-eo", "pid=,args="], { encoding: "utf8" });
    return stdout
      .split("\n")
      .filter((line) => line.includes(marker) && line.includes("start_server.py server"));
  }

  read(...parts) {
    return readFileSync(join(this.folder, ...parts), "utf8");
  }

  async close() {
    await this.browser?.close();
    if (this.process?.pid) {
      try {
        process.kill(-this.process.pid, "SIGTERM");
      } catch {
        // It has ended already.
      }
      await new Promise((resolve) => (this.process.exitCode === null ? this.process.once("exit", resolve) : resolve()));
    }
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5, retryDelay: 300 });
  }
}

/** VS Code shows spaces as ones that do not break. */
function plain(text) {
  return text.replace(/\u00a0/g, " ");
}

export function packed(target = `${process.platform}-${process.arch}`) {
  return join(ROOT, "vscode-client", "dist", `offloop-${target}.vsix`);
}

export function homeAssistant(version = "2026.11.0") {
  const sources = process.env.OFFLOOP_HA_SOURCES;
  return sources ? join(sources, version) : undefined;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Run a scenario with a workbench; a picture is taken where it fails, and the logs of the extension are told. */
export async function scenario(options, act) {
  let workbench;
  try {
    workbench = await Workbench.open(options);
    await act(workbench);
    log("passed");
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
    await workbench?.page?.screenshot({ path: join(ARTEFACTS, `failed-${process.argv[1].split("/").at(-1)}.png`) }).catch(() => undefined);
  } finally {
    await workbench?.close();
  }
}
