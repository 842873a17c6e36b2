/** What an interpreter says of itself: runs `start_server.py probe` and reads its answer. */

import { execFile } from "node:child_process";
import { isSupported, parseVersion, showVersion, type Version } from "./version";

/** A way to start Python: a program, and what stands before our own arguments (`py -3`). */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

export type Problem = "missing" | "old" | "parser" | "broken";

export interface Probed {
  readonly problem: Problem | undefined;
  readonly version: Version | undefined;
  /** The interpreter's own path, where it said so. */
  readonly executable: string | undefined;
  /** The folder of the offloop that it imports. */
  readonly offloop: string | undefined;
  /** One or several lines for the log and for messages. */
  readonly detail: string;
}

export interface Output {
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A bundle on a slow disk is read for the first time here. */
const SECONDS = 60;

/** An option of the interpreter itself that every Python knows: the PYTHON* variables do not count. */
export const ISOLATED: readonly string[] = ["-E"];

export async function probe(command: Command, launcher: string, preferEnvironment: boolean): Promise<Probed> {
  return readProbe(await run(command, [...ISOLATED, launcher, ...launch("probe", preferEnvironment)]));
}

/** The launcher's arguments. */
export function launch(mode: "probe" | "server", preferEnvironment: boolean): string[] {
  return preferEnvironment ? [mode, "--environment"] : [mode];
}

/** Run a program to its end; never rejects, what cannot be started ends with the code of the error. */
export function run(command: Command, args: readonly string[], seconds: number = SECONDS): Promise<Output> {
  return new Promise((resolve) => {
    execFile(
      command.program,
      [...command.args, ...args],
      { timeout: seconds * 1000, windowsHide: true, encoding: "utf8", maxBuffer: 16 << 20 },
      (error, stdout, stderr) => {
        const failed = error as (Error & { code?: number | string }) | null;
        const code = failed ? (failed.code ?? null) : 0;
        const started = typeof code === "number" || failed === null;
        resolve({ code, stdout, stderr: started ? stderr : `${failed.message}\n${stderr}` });
      },
    );
  });
}

/** Understand what a probe printed, whatever it is. */
export function readProbe(output: Output): Probed {
  const said = lastObject(output.stdout);
  if (said === undefined) {
    const detail = lastLine(output.stderr) || lastLine(output.stdout) || `it ended with ${String(output.code)}`;
    // 9009 is what the stand-in for Python that Windows ships ends with.
    const missing = output.code === "ENOENT" || output.code === 9009;
    return { problem: missing ? "missing" : "broken", version: undefined, executable: undefined, offloop: undefined, detail };
  }
  const version = Array.isArray(said["version"]) ? parseVersion(said["version"].join(".")) : undefined;
  const known: Problem[] = ["old", "parser", "broken"];
  let problem = known.find((one) => one === said["problem"]);
  if (version !== undefined && !isSupported(version)) {
    problem = "old";
  }
  return {
    problem,
    version,
    executable: text(said["executable"]),
    offloop: text(said["offloop"]),
    detail: text(said["detail"]) ?? (version ? `it is Python ${showVersion(version)}` : ""),
  };
}

function lastObject(printed: string): Record<string, unknown> | undefined {
  for (const line of printed.trim().split(/\r?\n/).reverse()) {
    try {
      const value: unknown = JSON.parse(line);
      if (typeof value === "object" && value !== null && "version" in value) {
        return value as Record<string, unknown>;
      }
    } catch {
      // A .pth file or a sitecustomize may print what it likes.
    }
  }
  return undefined;
}

function lastLine(printed: string): string {
  return printed.trim().split(/\r?\n/).at(-1) ?? "";
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value ? value : undefined;
}
