/** Whether a text or a path has to do with Home Assistant; where nothing has, no server is started. */

const IMPORT = /^\s*(?:from\s+homeassistant(?:\.[\w.]+)?\s+import\b|import\s+homeassistant\b)/m;
/** Imports stand at the top; long docstrings and licences before them are rare. */
const LOOKED_AT = 20_000;

/** What the workspace is searched for; a folder that holds one is a place where integrations are written. */
export const MARKS = ["**/custom_components/*/manifest.json", "homeassistant/const.py"] as const;

export function importsHomeAssistant(text: string): boolean {
  return IMPORT.test(text.slice(0, LOOKED_AT));
}

export function isInIntegration(path: string): boolean {
  return /[/\\](?:custom_components|homeassistant[/\\]components)[/\\]/.test(path);
}
