/** Versions of Python. */

export type Version = readonly [major: number, minor: number, patch: number];

/** The oldest Python that runs the server; `bundled/start_server.py` names it too. */
export const MINIMUM: Version = [3, 11, 0];

/** Read "3.11.7", "Python 3.14.0rc1" or "3.12"; undefined where there is no version. */
export function parseVersion(text: string): Version | undefined {
  const found = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return found ? [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)] : undefined;
}

export function isSupported(version: Version): boolean {
  return compare(version, MINIMUM) >= 0;
}

/** Negative where the first is older, 0 where both are the same. */
export function compare(one: Version, other: Version): number {
  return one[0] - other[0] || one[1] - other[1] || one[2] - other[2];
}

export function showVersion(version: Version): string {
  return version.join(".");
}
