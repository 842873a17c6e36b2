// Two folders in one window, each checked against its own Home Assistant; one is removed while it is open.
import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { exampleFolder, log, scenario, temporary, until, writeWorkspaceSettings } from "./workbench.mjs";

const place = temporary("folders");
const [first, second] = ["newest", "older"].map((name) => exampleFolder(place, name));
writeWorkspaceSettings(first, { "offloop.homeAssistant": "2026.11.0" });
writeWorkspaceSettings(second, { "offloop.homeAssistant": "2024.5.0" });
const workspace = join(place, "both.code-workspace");
writeFileSync(workspace, JSON.stringify({ folders: [{ path: first }, { path: second }] }));

await scenario({ folder: workspace }, async (code) => {
  await code.openFile("switch.py", undefined, "newest");
  await until("the findings of a file", async () => (await code.count()) === 6);
  await code.openFile("hub.py", undefined, "older");
  const status = await until("both releases are told", async () => {
    const told = await code.languageStatus();
    return told.includes("2026.11.0") && told.includes("2024.5.0") && told;
  });
  log("status:", status);
  assert.equal(code.servers().length, 1);

  const [pid] = code.servers();
  const before = await code.count();
  rmSync(second, { recursive: true });
  await code.run("offloop: Show Debug Information");
  await until("the server answers", async () => (await code.editorText()).includes("offloop extension"));
  await code.openFile("sensor.py", undefined, "newest");
  await until("the other folder is checked on", async () => (await code.count()) > 0 && (await code.languageStatus()).includes("2026.11.0"));
  assert.deepEqual(code.servers(), [pid], "the server lives on");
  log("a folder is gone; findings", before, "then", await code.count());
});
