// A workspace that is not trusted: nothing of it is started, its files are read; with trust, its environment may be.
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exampleFolder, log, scenario, temporary, until, writeWorkspaceSettings } from "./workbench.mjs";

const place = temporary("untrusted");
const folder = exampleFolder(place, "Gärten von 家");
// An interpreter of the workspace that would tell that it was started, named by the workspace's settings too.
const trap = join(folder, ".venv", "bin", "python3");
const sprung = join(place, "sprung");
mkdirSync(join(folder, ".venv", "bin"), { recursive: true });
writeFileSync(trap, `#!/bin/sh\ntouch "${sprung}"\nexit 1\n`);
chmodSync(trap, 0o755);
writeWorkspaceSettings(folder, { "offloop.interpreter": trap, "offloop.importStrategy": "fromEnvironment" });

const settings = {
  "offloop.homeAssistant": "2026.11.0",
  "security.workspace.trust.startupPrompt": "never",
  "security.workspace.trust.banner": "never",
  "security.workspace.trust.untrustedFiles": "open",
};
// The workspace's programs come first on the search path, as an activated environment has it.
const env = { PATH: `${join(folder, ".venv", "bin")}:${process.env.PATH}` };

await scenario({ folder, settings, env, isTrusted: false }, async (code) => {
  const { page } = code;
  await code.openFile("switch.py", 53);
  await page.waitForSelector(".squiggly-error", { state: "attached" });
  const status = await until("the status tells of it", async () => {
    const told = await code.languageStatus();
    return told.includes("not trusted") && told;
  });
  log("status:", status);
  assert.ok(!existsSync(sprung), "an interpreter of the workspace was started without trust");
  await code.picture("untrusted");

  // With trust, the setting of the workspace counts: it is tried, does not work, and the user is told so.
  await code.run("Workspaces: Manage Workspace Trust");
  await page.locator(".workspace-trust-editor .monaco-button", { hasText: /^Trust$/ }).first().click();
  await until("the workspace's interpreter is tried", () => existsSync(sprung));
  const message = page.locator(".notification-toast", { hasText: "offloop.interpreter" });
  await message.first().waitFor();
  const told = (await message.first().innerText()).replace(/\s+/g, " ");
  log("told:", told);
  assert.match(told, /cannot run: the setting offloop\.interpreter names .*does not work/);
  assert.match(told, /Choose Interpreter/);
});
