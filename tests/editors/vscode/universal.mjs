// The package without a parser: says what is missing, installs it when asked, into an environment of its own; the example opens.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { exampleFolder, homeAssistant, log, packed, scenario, temporary, until, writeWorkspaceSettings } from "./workbench.mjs";

const place = temporary("universal");
const folder = exampleFolder(place);
const bare = join(place, "bare");
const made = spawnSync(process.env.PYTHON ?? "python3", ["-m", "venv", bare], { encoding: "utf8" });
assert.equal(made.status, 0, made.stderr);
const python = join(bare, "bin", "python");
writeWorkspaceSettings(folder, { "offloop.interpreter": python, "offloop.homeAssistant": "2026.11.0" });

await scenario({ folder, vsix: packed("universal") }, async (code) => {
  const { page } = code;
  await code.openFile("switch.py", 53);
  const message = page.locator(".notification-toast", { hasText: "no parser for it" });
  await message.waitFor();
  log("told:", (await message.innerText()).replace(/\s+/g, " "));
  await page.screenshot({ path: join(code.artefacts, "parser-missing.png") });
  const own = join(code.data, "User", "globalStorage", "offloop.offloop", "python");
  assert.ok(!existsSync(own), "nothing is installed before the user asks for it");

  await message.locator(".monaco-button", { hasText: "Install the Parser" }).click();
  await page.waitForSelector(".squiggly-error", { state: "attached" });
  assert.ok(existsSync(own));
  const packages = spawnSync(python, ["-m", "pip", "list", "--format=freeze"], { encoding: "utf8" }).stdout;
  assert.ok(!packages.includes("serialize"), "the user's own environment is left alone");
  log("installed, and it works");

  // The walkthrough's example.
  await code.run("offloop: Open the Example Integration");
  await page.waitForSelector('.tab.active[data-resource-name="switch.py"][aria-label*="garden_hub"], .tab.active[data-resource-name="switch.py"]');
  await until("the copy's findings come besides", async () => (await code.count()) === 12);
  log("example opened");
  await code.typeInto(">Welcome: Open Walkthrough...");
  await page.locator('.quick-input-list .monaco-list-row[aria-label^="Welcome: Open Walkthrough"]').first().click();
  await page.locator(".quick-input-list .monaco-list-row", { hasText: "Find thread-safety bugs" }).click();
  await page.waitForSelector(".gettingStartedContainer .getting-started-step");
  await page.waitForTimeout(1500);
  await code.picture("walkthrough");
});
