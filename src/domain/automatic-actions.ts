/** What may happen without a person, and how far each may go. Apart from the rules, so that the command line can name them. */
export const AUTOMATIC_ACTIONS = ["shift-traffic", "promote", "restore"] as const;
export type AutomaticAction = (typeof AUTOMATIC_ACTIONS)[number];

/** `observe`: says what it would have done. `propose`: a run that waits for people. `act`: a run that policy approves. */
export const MODES = ["observe", "propose", "act"] as const;
export type Mode = (typeof MODES)[number];

export type Modes = Readonly<Record<AutomaticAction, Mode>>;

/**
 * What is told of a cloud: its verdict; `degraded` apart from one that has lost a region while another one is well. From the best to
 * the worst.
 */
export const TOLD = ["healthy", "region-down", "degraded", "down"] as const;
export type Told = (typeof TOLD)[number];
export type Lost = Exclude<Told, "healthy">;
