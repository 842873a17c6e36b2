/** When a server that ended by itself is started again: never at once after a bad start, and not for ever. */

export type Verdict = "restart" | "give up at start" | "give up";

export interface Limits {
  readonly most: number;
  readonly withinSeconds: number;
}

const LIMITS: Limits = { most: 3, withinSeconds: 180 };

export class Crashes {
  private times: number[] = [];

  constructor(private readonly limits: Limits = LIMITS) {}

  /** Decide after an end at `now` (seconds); `served` says whether the server had answered `initialize`. */
  ended(now: number, served: boolean): Verdict {
    if (!served) {
      return "give up at start";
    }
    this.times = [...this.times.filter((time) => now - time < this.limits.withinSeconds), now];
    return this.times.length > this.limits.most ? "give up" : "restart";
  }

  /** The user asked for a new start: what was before does not count. */
  forget(): void {
    this.times = [];
  }
}
