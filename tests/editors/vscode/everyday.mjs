// The everyday way: a finding is seen, understood, mended and gone; settings count at once; a killed server comes back.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exampleFolder, homeAssistant, log, scenario, temporary, until } from "./workbench.mjs";

const release = homeAssistant();
const folder = exampleFolder(temporary("garden"));
const SWITCH = ["custom_components", "garden_hub", "switch.py"];
const settings = { "offloop.homeAssistant": release };

await scenario({ folder, settings }, async (code) => {
  const { page } = code;

  await code.openFile("switch.py", 53);
  await page.waitForSelector(".squiggly-error", { state: "attached" });
  log("squiggle");
  const status = await until("the release itself is checked against", async () => {
    const told = await code.languageStatus();
    return told.includes("Home Assistant 2026.11.0") && !told.includes("bundled") && !told.includes("reading") && told;
  });
  log("status:", status);
  assert.match(status, /5 errors · 1 warning/);

  const rows = await code.problems();
  const row = rows.find((text) => text.includes("self.async_write_ha_state is called in a worker thread"));
  assert.ok(row, `no row of the finding among ${rows.join("\n")}`);
  assert.match(row, /HAT101/);
  await code.run("View: Toggle Panel Visibility");

  await code.goTo(53, 16);
  await code.pointAtCursor();
  const hover = page.locator(".monaco-hover:visible .monaco-hover-content").first();
  await hover.waitFor();
  await until("the hover shows the reason", async () => (await hover.innerText()).includes("executor"));
  log("hover:", (await hover.innerText()).replace(/\s+/g, " "));
  await page.waitForTimeout(500);
  await code.picture("finding", { keepMouse: true, isShown: true });

  await code.goTo(53, 16);
  await page.keyboard.press("Control+.");
  await page.waitForSelector(".action-widget .monaco-list-row");
  await page.waitForTimeout(700);
  const offered = await code.texts(".action-widget .monaco-list-row");
  log("offered:", offered);
  await code.picture("fix", { isShown: true });
  await page.locator(".action-widget .monaco-list-row.action", { hasText: /Show why/i }).click();

  const steps = page.locator(".pane-body .monaco-list-row", { hasText: /^\s*\d+\./ });
  await steps.first().waitFor();
  log("steps:", (await code.texts(".pane-body .monaco-list-row")).filter((text) => /^(\d+\.|HAT)/.test(text)));
  await page.locator(".pane-body .monaco-list-row", { hasText: "in the executor" }).last().click();
  await page.waitForSelector('.tab.active[data-resource-name="entity.py"]');
  await page.waitForTimeout(1000);
  await code.picture("why", { isShown: true });
  const { line, text } = await code.currentLine();
  assert.equal(line, await lineOf(join(release, "homeassistant", "helpers", "entity.py"), text));
  log("opened", line, text.trim());

  // The preferred fix, from the keyboard; then on the disk.
  await code.run("View: Toggle Panel Visibility");
  await code.openFile("switch.py", 53);
  await code.goTo(53, 16);
  const before = code.read(...SWITCH);
  await page.keyboard.press("Control+.");
  await page.waitForSelector(".action-widget .monaco-list-row.action.focused");
  await page.waitForTimeout(500);
  await page.keyboard.press("Enter");
  const rest = () => code.count();
  await until("the finding is gone", async () => (await rest()) === 5);
  await page.keyboard.press("Control+S");
  const after = await until("the file is saved", () => code.read(...SWITCH) !== before && code.read(...SWITCH));
  const expected = before.split("\n");
  expected[52] = expected[52].replace("async_write_ha_state", "schedule_update_ha_state");
  assert.deepEqual(after.split("\n"), expected);
  await code.picture("fixed");
  log("fixed on the disk");

  // Settings count without a restart, in both directions.
  const [pid] = code.servers();
  await code.changeSettings({ ...settings, "offloop.ignore": ["HAT101", "HAT104"] });
  await until("fewer rules, fewer findings", async () => (await rest()) === 2);
  await code.changeSettings(settings);
  await until("all rules, all findings", async () => (await rest()) === 5);
  assert.deepEqual(code.servers(), [pid]);
  log("settings took effect in the same process", pid);

  // A file that changes outside of the editor is read again.
  const hub = join(folder, "custom_components", "garden_hub", "hub.py");
  await code.openFile("hub.py");
  await until("hub.py's findings besides", async () => (await rest()) === 8);
  writeFileSync(hub, readFileSync(hub, "utf8").replace("bus.async_fire(", "bus.fire("));
  await until("one finding less", async () => (await rest()) === 7);
  log("a change outside is seen");

  // A killed server comes back and goes on.
  process.kill(pid, "SIGKILL");
  const [next] = await until("another process", () => {
    const found = code.servers();
    return found.length === 1 && found[0] !== pid && found;
  });
  await until("findings are there again", async () => (await rest()) === 7);
  log("killed", pid, "and back as", next);

  // Restart by hand, and the logs.
  await code.run("offloop: Restart Server");
  await until("a third process", () => {
    const found = code.servers();
    return found.length === 1 && found[0] !== next;
  });
  await until("findings are there once more", async () => (await rest()) === 7);
  await code.run("offloop: Show Debug Information");
  await page.waitForSelector('.tab.active[data-resource-name="offloop.txt"]');
  await until("debug information", async () => (await code.editorText()).includes("server: process"));
  log("restarted by hand");
});

function lineOf(file, text) {
  return readFileSync(file, "utf8").split("\n").indexOf(text) + 1;
}
