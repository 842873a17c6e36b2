// The everyday way: a finding is seen, understood, mended and gone.
import { exampleFolder, homeAssistant, log, scenario, temporary } from "./workbench.mjs";

const folder = exampleFolder(temporary("garden"));
await scenario({ folder, settings: { "offloop.homeAssistant": homeAssistant() } }, async (code) => {
  const { page } = code;
  await code.openFile("switch.py");
  await page.waitForSelector(".squiggly-error", { state: "attached" });
  log("squiggle");
  log(await code.problems());
  await code.picture("thin");
});
