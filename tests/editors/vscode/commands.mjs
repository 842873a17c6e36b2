// Where offloop wakes up, and each of its commands as a user runs it.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exampleFolder, log, scenario, temporary, until } from "./workbench.mjs";

const place = temporary("commands");
const plain = join(place, "plain");
mkdirSync(plain);
writeFileSync(join(plain, "other.py"), "import asyncio\nimport homeassistantlike\n");
writeFileSync(join(plain, "manifest.json"), "{}");
writeFileSync(
  join(plain, "script.py"),
  `from homeassistant.core import HomeAssistant
from homeassistant.helpers.event import async_call_later


async def remind(hass: HomeAssistant) -> None:
    async_call_later(hass, 10, lambda now: hass.bus.async_fire("demo"))
`,
);
const settings = { "offloop.homeAssistant": "2026.11.0", "offloop.codeLens": true };

await scenario({ folder: plain, settings }, async (code) => {
  const { page } = code;
  await code.openFile("other.py");
  await until("it is awake, and waits", async () => (await code.languageStatus()).includes("no Home Assistant code is open"));
  await page.waitForTimeout(3000);
  assert.deepEqual(code.servers(), [], "other Python starts no server");
  await code.run("offloop: Show Debug Information");
  await until("it tells so", async () => (await code.editorText()).includes("server: not running"));
  log("no server for other Python");

  await code.openFile("script.py");
  await page.waitForSelector(".squiggly-error", { state: "attached" });
  assert.equal(code.servers().length, 1);
  log("a file that imports homeassistant starts it");
});

await scenario({ folder: exampleFolder(place), settings }, async (code) => {
  const { page } = code;
  const opened = (name) => page.waitForSelector(`.tab.active[data-resource-name="${name}"], .tab.active[aria-label*="${name}"]`);
  await code.openFile("switch.py", 53);
  await page.waitForSelector(".squiggly-error", { state: "attached" });

  // A lens is clicked; then the same from the palette.
  const lens = page.locator(".codelens-decoration a", { hasText: "ToggleEntity.async_turn_on" }).first();
  await lens.waitFor();
  await lens.click();
  const steps = page.locator(".pane-body .monaco-list-row", { hasText: /^\s*\d+\./ });
  await steps.first().waitFor();
  log("lens:", (await code.texts(".pane-body .monaco-list-row")).filter((text) => /^\d+\./.test(text)));
  await code.run("View: Toggle Panel Visibility");
  await code.goTo(53, 16);
  await code.run("offloop: Show Why");
  const told = () => code.texts(".pane-body .monaco-list-row");
  await until("the finding's steps", async () => (await told()).some((text) => text.startsWith("HAT101")));
  await code.run("View: Toggle Panel Visibility");
  log("Show Why");

  await code.openFile("switch.py", 53);
  await code.goTo(53, 16);
  await code.run("offloop: Explain the Rule at the Cursor");
  await opened("HAT101.md");
  await until("the document is rendered", async () => {
    for (const frame of page.frames()) {
      const text = await frame.locator("body").innerText().catch(() => "");
      if (text.includes("loop-api-in-worker") && text.includes("What it does")) {
        return true;
      }
    }
    return false;
  });
  log("Explain the Rule");
  await code.run("View: Close Editor");

  await code.openFile("switch.py", 53);
  await code.run("offloop: Show Catalog in Use");
  await opened("Catalog of Home Assistant 2026.11.0.txt");
  await until("the catalog's text", async () => (await code.editorText()).includes("Home Assistant 2026.11.0"));
  log("Show Catalog");
  await code.run("View: Close Editor");

  await code.openFile("switch.py", 78);
  await code.goTo(78, 10);
  const before = await code.count();
  await code.run("offloop: Fix All in This Function");
  await until("the findings of the function are gone", async () => (await code.count()) === before - 2);
  log("Fix All in This Function:", before, "then", await code.count());
  await page.keyboard.press("Control+S");
  const text = await until("it is saved", () => code.read("custom_components", "garden_hub", "switch.py").includes("self.hass.create_task(") && code.read("custom_components", "garden_hub", "switch.py"));
  assert.ok(text.includes("self.hass.add_job(self._refresh)"), text);

  // Fix all in the file, as VS Code's own command asks for it.
  await code.run("Fix All");
  await until("what is safe is fixed", async () => (await code.count()) === 0);
  log("Fix All");

  for (const [title, channel] of [["offloop: Show Logs", "offloop"], ["offloop: Show Server Logs", "offloop Language Server"]]) {
    await code.run(title);
    await until(`the channel ${channel} is shown`, async () => (await shown(page)) === channel);
    log(title);
  }
});

/** The output channel that is chosen in the panel. */
function shown(page) {
  return page.evaluate(() => {
    const box = [...document.querySelectorAll(".panel select")].find((one) => [...one.options].some((option) => option.text.startsWith("offloop")));
    return box?.options[box.selectedIndex]?.text;
  });
}
