/**
 * Health of the clouds as independent vantage points see it.
 *
 * Laws
 * 1. Every cloud of the inventory has a verdict; what nobody could look at is `unknown`, never `down`.
 * 2. `observers` says on how many vantage points the verdict rests, so that a quorum of one is visible as such.
 * 3. Since when it stands is by the clock of who decided, and each of the cloud's clusters has a verdict of its own.
 */
import type { Cloud, CloudFacts } from "../domain/snapshot.ts";

export type Health = {
  verdicts(signal: AbortSignal): Promise<Readonly<Record<Cloud, CloudFacts>>>;
};
