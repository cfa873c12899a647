/** What happens in a simulated world, one after the other, in the world's own terms: what checkers are shown. */
import type { Json } from "../../domain/json.ts";
import type { Cloud, Section } from "../../domain/snapshot.ts";
import type { Token } from "../../ports/token.ts";

/** What an effector really did, once for each effect. */
export type ModelEffect = Token & {
  readonly op: string;
  readonly atMs: number;
  /** Who keeps the tokens: `edge`, `agent/aws`. */
  readonly effector: string;
  /** As a plan names it: `traffic`, `cluster/aws-west`, `database/wildlifedb@aws`. */
  readonly target: string;
  readonly params: Json;
  /** The target's state right before and after, without what is measured. */
  readonly before: string;
  readonly after: string;
};

export type LookedAt = "policy" | "clusters" | "databases" | "verdicts";

/** By cloud, and by cluster. */
export type Told = Readonly<Record<string, string>>;

export type WorldEvent =
  | { readonly kind: "effect"; readonly effect: ModelEffect; readonly caller: number }
  /** The aim stood already. */
  | { readonly kind: "found"; readonly effect: ModelEffect; readonly caller: number }
  /** What the caller of an act was told in the end. */
  | {
      readonly kind: "answered";
      readonly key: string;
      readonly section: Section;
      readonly caller: number;
      readonly ambiguous: boolean;
      /** Another worker has taken the run over meanwhile: what this one was told nobody goes by. */
      readonly stale: boolean;
    }
  /** A worker of that run was just answered; how clouds are was told in these words. */
  | { readonly kind: "looked"; readonly at: LookedAt; readonly run: string; readonly told: Told | null }
  /** A worker has made up its mind and asks for that effect; it may freeze before the world hears of it. */
  | {
      readonly kind: "asked";
      readonly key: string;
      readonly lock: string;
      /** Another worker has taken the run over already. */
      readonly stale: boolean;
      readonly op: string;
      readonly section: Section;
      readonly caller: number;
    }
  /** The product called somebody, whatever came of it. */
  | { readonly kind: "call"; readonly actor: string }
  /** A client was told that its write is kept. */
  | {
      readonly kind: "commit";
      readonly cloud: Cloud;
      readonly timeline: number;
      readonly branch: string;
      readonly position: number;
    }
  /** A client was given rows by that cloud's database. */
  | { readonly kind: "served"; readonly cloud: Cloud }
  /** A client's request at the edge, with how often it was sent to a cloud. */
  | { readonly kind: "request"; readonly ok: boolean; readonly attempts: number }
  /** Somebody became writable; by an effect, by a person's hand, or by itself. */
  | { readonly kind: "writable"; readonly cloud: Cloud; readonly by: "effect" | "hand" | "itself" }
  | { readonly kind: "weights"; readonly by: "effect" | "hand" | "itself" }
  | { readonly kind: "capacity"; readonly cloud: Cloud }
  | { readonly kind: "demand" }
  /** Somebody changed that at a console, or took the change back; now it is in this state, as effects have it. */
  | { readonly kind: "by-hand"; readonly target: string; readonly state: string }
  | { readonly kind: "fault"; readonly name: string; readonly active: boolean };
