// What can be wrong: each time a clear message with buttons, no restarts without end, and nothing lost.
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { exampleFolder, log, scenario, temporary, until, writeWorkspaceSettings } from "./workbench.mjs";

const place = temporary("trouble");
const folder = exampleFolder(place);
const base = { "offloop.homeAssistant": "2026.11.0" };
const old = join(process.env.PYENV_ROOT ?? join(homedir(), ".pyenv"), "versions", "3.9.18", "bin", "python");
const starts = join(place, "starts");

/** A Python that answers the probe as the real one does and then cannot serve. */
function dying() {
  const path = join(place, "dying python", "python3");
  const real = process.env.PYTHON ?? "python3";
  mkdirSync(join(place, "dying python"));
  writeFileSync(path, `#!/bin/sh\ncase "$*" in *probe*) exec "${real}" "$@";; esac\necho start >> "${starts}"\necho "MemoryError: no room" >&2\nexit 3\n`);
  chmodSync(path, 0o755);
  return path;
}

writeWorkspaceSettings(folder, { ...base, "offloop.interpreter": join(place, "no such python") });
await scenario({ folder }, async (code) => {
  const { page } = code;
  await code.openFile("switch.py", 53);

  await expectMessage(code, /cannot run: the setting offloop\.interpreter names .*no such python, which is not there/, "Choose Interpreter");
  await page.screenshot({ path: join(code.artefacts, "no-python.png") });

  if (existsSync(old)) {
    code.writeWorkspaceSettings({ ...base, "offloop.interpreter": old });
    await expectMessage(code, /is Python 3\.9\.18 \(Python 3\.11 or newer is needed\)/, "Get Python");
  } else {
    log(`skipped: Python 3.9 is not at ${old}`);
  }

  code.writeWorkspaceSettings({ ...base, "offloop.interpreter": dying() });
  const told = await expectMessage(code, /is not running: .*MemoryError: no room/, "Try Again");
  await page.waitForTimeout(4000);
  assert.equal(readFileSync(starts, "utf8").trim().split("\n").length, 1, "a server that dies at its start is started once");
  log("one start, then:", told);

  // Mended: it runs at once, and the text that was typed meanwhile is there.
  code.writeWorkspaceSettings(base);
  await page.waitForSelector(".squiggly-error", { state: "attached" });
  await code.dismissMessages();

  // A second window on the same folder has a server of its own.
  const [first] = await until("one server", () => code.servers().length === 1 && code.servers());
  const second = await code.newWindow({ width: 900, height: 700 });
  await until("two servers", () => code.servers().length === 2);
  await second.close();
  log("two windows, two servers");
  assert.ok(code.servers().includes(first));
});

// No Python at all: nothing is set, and there is none on the search path. (With VSCODE_CLI it asks no shell for a better one.)
const bare = exampleFolder(place, "without Python");
mkdirSync(join(place, "empty"));
await scenario({ folder: bare, settings: base, env: { PATH: join(place, "empty"), VSCODE_CLI: "1" } }, async (code) => {
  await code.openFile("switch.py", 53);
  await expectMessage(code, /offloop needs Python 3\.11 or newer to run, and found no Python/, "Get Python");
  assert.deepEqual(code.servers(), []);
});

async function expectMessage(code, pattern, button) {
  const message = code.page.locator(".notification-toast", { hasText: "offloop" });
  const told = await until(`a message like ${pattern}`, async () => (await message.allInnerTexts()).map((text) => text.replace(/\s+/g, " ")).find((text) => pattern.test(text)));
  assert.ok(told.includes(button), told);
  log("told:", told);
  await code.dismissMessages();
  return told;
}
