/** Which interpreters may run the server, in the order in which they are tried. */

import { posix, win32 } from "node:path";
import type { Command } from "./probe";

export type Origin = "setting" | "storage" | "environment" | "path";

export interface Candidate {
  readonly command: Command;
  readonly origin: Origin;
  /** How the interpreter is called in messages. */
  readonly label: string;
}

export interface Surroundings {
  /** The setting `offloop.interpreter`, with variables and `~` replaced. */
  readonly setting: string | undefined;
  /** The interpreter of the environment that this extension made for itself. */
  readonly storage: string | undefined;
  /** Interpreters of the active environments that other extensions know. */
  readonly environments: readonly string[];
  readonly platform: NodeJS.Platform;
  readonly searchPath: string;
  /** Folders whose programs must not be started: the workspace's, where it is not trusted. */
  readonly forbidden: readonly string[];
  readonly exists: (path: string) => boolean;
}

/**
 * List the candidates. Besides an explicit setting only the environment that we made for it counts: a wrong
 * setting must not be passed over in silence.
 */
export function candidates(around: Surroundings): Candidate[] {
  const found: Candidate[] = around.setting ? [named(around.setting, "setting")] : searched(around);
  if (around.storage !== undefined) {
    found.push(named(around.storage, "storage"));
  }
  const seen = new Set<string>();
  return found.filter(({ command, label }) => {
    const allowed = isAllowed(command.program, around);
    const isNew = !seen.has(label);
    seen.add(label);
    return allowed && isNew;
  });
}

function searched(around: Surroundings): Candidate[] {
  const found = around.environments.map((path) => named(path, "environment"));
  for (const name of around.platform === "win32" ? ["python.exe", "python3.exe", "py.exe"] : ["python3", "python"]) {
    const path = onPath(name, around);
    if (path !== undefined) {
      const args = name === "py.exe" ? ["-3"] : [];
      found.push({ command: { program: path, args }, origin: "path", label: [path, ...args].join(" ") });
    }
  }
  return found;
}

function named(path: string, origin: Origin): Candidate {
  return { command: { program: path, args: [] }, origin, label: path };
}

/** The first program of a name on the search path; relative entries are the workspace's and are left out. */
function onPath(name: string, around: Surroundings): string | undefined {
  const paths = around.platform === "win32" ? win32 : posix;
  return around.searchPath
    .split(paths.delimiter)
    .filter((folder) => paths.isAbsolute(folder))
    .map((folder) => paths.join(folder, name))
    .find((path) => isAllowed(path, around) && around.exists(path));
}

function isAllowed(path: string, around: Surroundings): boolean {
  return !around.forbidden.some((folder) => isWithin(path, folder, around.platform));
}

export function isWithin(path: string, folder: string, platform: NodeJS.Platform): boolean {
  const plain = (text: string) => {
    const slashes = text.replace(/\\/g, "/").replace(/\/+$/, "");
    return platform === "win32" || platform === "darwin" ? slashes.toLowerCase() : slashes;
  };
  return plain(path) === plain(folder) || plain(path).startsWith(plain(folder) + "/");
}
