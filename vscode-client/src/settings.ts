/** The settings that the extension itself reads; all others are the server's. */

import { posix } from "node:path";

export const SECTION = "offloop";

export interface Settings {
  readonly enable: boolean;
  /** An absolute path or a name on the search path; undefined: to be searched for. */
  readonly interpreter: string | undefined;
  readonly importStrategy: "useBundled" | "fromEnvironment";
}

/** Reads a setting by its key within our section. */
export type Reader = (key: string) => unknown;

export interface Places {
  readonly home: string;
  readonly workspaceFolder: string | undefined;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** The keys whose change needs a new server process; the server asks for all others by itself. */
export const RESTARTS_FOR: readonly string[] = ["enable", "interpreter", "importStrategy"];

export function readSettings(read: Reader, places: Places, isTrusted: boolean): Settings {
  const interpreter = read("interpreter");
  const strategy = read("importStrategy");
  return {
    enable: read("enable") !== false,
    interpreter:
      isTrusted && typeof interpreter === "string" && interpreter.trim() ? expand(interpreter.trim(), places) : undefined,
    importStrategy: isTrusted && strategy === "fromEnvironment" ? "fromEnvironment" : "useBundled",
  };
}

/** Replace `~`, `${workspaceFolder}`, `${userHome}` and `${env:NAME}`; unknown variables stay as they are. */
export function expand(text: string, places: Places): string {
  const home = /^~(?=$|[/\\])/.test(text) ? places.home + text.slice(1) : text;
  const full = home.replace(/\$\{([^}]+)\}/g, (whole: string, name: string) => {
    if (name === "workspaceFolder") {
      return places.workspaceFolder ?? whole;
    }
    if (name === "userHome") {
      return places.home;
    }
    return name.startsWith("env:") ? (places.variables[name.slice(4)] ?? "") : whole;
  });
  const isRelative = /[/\\]/.test(full) && !/^([/\\]|[A-Za-z]:)/.test(full);
  return isRelative && places.workspaceFolder ? posix.join(places.workspaceFolder, full) : full;
}
