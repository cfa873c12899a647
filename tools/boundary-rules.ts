// Who may import whom: the table behind `npm run boundaries`. The checker is check-boundaries.ts.
//
// 1. The first room whose pattern matches a file is its room; a file without a room is a violation.
// 2. A room always sees itself. `sees` are rooms it may import; `seesTypesOf` only by `import type`.
// 3. What is for tests sees what its room sees, `test/`, and every built-in; what it sees besides is `testsSee`.

export interface Room {
  readonly name: string;
  readonly files: readonly string[];
  readonly sees: readonly string[] | "everything";
  readonly seesTypesOf?: readonly string[];
  readonly testsSee?: readonly string[];
  /** Node's modules: `pure` are those in `pureBuiltins`. Types of any may be imported everywhere. */
  readonly builtins: "any" | "pure";
  /** npm packages, by name or by scope (`@scope/`). */
  readonly packages: readonly string[] | "any";
}

/** Built-ins without hands. A list bounds which names of it may be imported. */
export const pureBuiltins: Readonly<Record<string, readonly string[] | "any">> = {
  "node:assert": "any",
  "node:assert/strict": "any",
  "node:crypto": ["createHash", "createHmac", "hash", "timingSafeEqual"],
  "node:path": "any",
  "node:path/posix": "any",
  "node:util": "any",
};

/** Tests, contract suites, and what serves only them. */
export const forTests = /\.(test|contract|fixture)\.ts$|\/testing\//;

/** Packages that only those may import. */
export const testPackages: readonly string[] = ["vitest", "fast-check"];

/** Packages that have one door each: nothing else in the product may know them. */
export const doors: Readonly<Record<string, readonly string[]>> = {
  "@restatedev/": ["src/drivers/restate/**", "test/**", "tools/**"],
};

/** Files that may load a module whose name is made at run time, and why. */
export const loadsByMadeName: Readonly<Record<string, string>> = {
  "src/drivers/local/postgres/binaries.ts": "PostgreSQL comes as one package for each platform",
};

const parsers = ["zod", "yaml"];

export const rooms: readonly Room[] = [
  { name: "test", files: ["test/**"], sees: "everything", builtins: "any", packages: "any" },
  { name: "tools", files: ["tools/**", "*.config.ts"], sees: "everything", builtins: "any", packages: "any" },

  // The judge is believed because it shares nothing with what it judges.
  {
    name: "judge",
    files: ["src/drills/judge*.ts", "src/drills/judge/**"],
    sees: [],
    testsSee: ["drills"],
    builtins: "any",
    packages: [],
  },
  { name: "drills", files: ["src/drills/**"], sees: "everything", builtins: "any", packages: "any" },

  { name: "effector", files: ["src/effector/**"], sees: [], builtins: "any", packages: "any" },
  // How to connect through a link of the local world: all that edge and observer share.
  { name: "links", files: ["src/links/**"], sees: [], builtins: "any", packages: [] },
  { name: "edge", files: ["src/edge/**"], sees: ["effector", "links"], builtins: "any", packages: "any" },
  { name: "workload", files: ["src/workload/**"], sees: [], builtins: "any", packages: "any" },
  // No other driver sees the hint: some of them carry what automation decides.
  {
    name: "status pages",
    files: ["src/drivers/status-pages/**"],
    sees: ["domain", "ports", "hint"],
    builtins: "any",
    packages: ["zod", "undici"],
  },
  {
    name: "drivers",
    files: ["src/drivers/**"],
    sees: ["domain", "ports", "effector", "links"],
    builtins: "any",
    packages: "any",
  },

  // What clouds say of themselves is a hint and no proof: what decides must have no way to it. Neither `domain`, where guards and
  // verdicts are, nor engine, runbooks, loops and the server's loops see these two rooms; of the server's own files only
  // those that show it do.
  {
    name: "hint",
    files: ["src/domain/own-word/**", "src/ports/status-pages*.ts"],
    sees: ["domain"],
    builtins: "pure",
    packages: [],
  },
  {
    name: "hint view",
    files: ["src/server/own-words*.ts", "src/server/api/{cloud-routes,routes}*.ts"],
    sees: ["domain", "ports", "hint", "engine", "runbooks", "loops", "server", "server loops"],
    testsSee: ["status pages", "drivers", "simulation"],
    builtins: "any",
    packages: "any",
  },

  // `croner` says when a cron pattern is due; it is asked with a moment, and none of its timers is started.
  {
    name: "domain",
    files: ["src/domain/**"],
    sees: [],
    builtins: "pure",
    packages: [...parsers, "croner"],
  },
  { name: "ports", files: ["src/ports/**"], sees: ["domain"], builtins: "pure", packages: parsers },
  {
    name: "engine",
    files: ["src/engine/**"],
    sees: ["domain", "ports"],
    testsSee: ["simulation"],
    builtins: "pure",
    packages: parsers,
  },
  {
    name: "runbooks",
    files: ["src/runbooks/**"],
    sees: ["domain", "ports", "engine"],
    testsSee: ["simulation"],
    builtins: "pure",
    packages: parsers,
  },
  {
    name: "loops",
    files: ["src/loops/**"],
    sees: ["domain", "ports", "engine"],
    builtins: "pure",
    packages: parsers,
  },
  {
    name: "simulation",
    files: ["src/simulation/**"],
    sees: ["domain", "ports"],
    builtins: "pure",
    packages: parsers,
  },
  // Real engine and runbooks over the simulated world: what `simulation` itself must not see.
  {
    name: "rehearsal",
    files: ["src/rehearsal/**"],
    sees: ["domain", "ports", "engine", "runbooks", "loops", "server loops", "simulation"],
    builtins: "pure",
    packages: parsers,
  },
  // What a server does again and again is rehearsed as well as run: it reaches the world by ports alone. No hands, no packages.
  {
    name: "server loops",
    files: ["src/server/{health-board,autonomy,notices-to-send}.ts"],
    sees: ["domain", "ports", "engine", "loops"],
    builtins: "pure",
    packages: [],
  },

  // Where verdicts, guards, automation and schedule get their ports: everything but the hint. What is wired apart meets it only in main.
  {
    name: "server wiring",
    files: ["src/server/wire.ts"],
    sees: ["domain", "ports", "engine", "runbooks", "loops", "server loops", "server", "drivers"],
    builtins: "any",
    packages: "any",
  },
  {
    name: "server main",
    files: ["src/server/{main,wire-own-words}.ts"],
    sees: "everything",
    builtins: "any",
    packages: "any",
  },
  {
    name: "server",
    files: ["src/server/**"],
    sees: ["domain", "ports", "engine", "runbooks", "loops", "server loops"],
    testsSee: ["simulation", "hint view"],
    builtins: "any",
    packages: "any",
  },
  {
    name: "cli wiring",
    files: ["src/cli/{wire,wire-rehearsal}.ts"],
    sees: "everything",
    builtins: "any",
    packages: "any",
  },
  {
    name: "cli main",
    files: ["src/cli/main.ts"],
    sees: ["cli", "cli wiring", "domain", "ports", "runbooks"],
    builtins: "any",
    packages: "any",
  },
  {
    name: "cli",
    files: ["src/cli/**"],
    sees: ["cli wiring", "domain", "ports", "runbooks", "hint"],
    seesTypesOf: ["engine", "rehearsal"],
    builtins: "pure",
    packages: [...parsers, "commander", "@clack/prompts", "picocolors"],
  },
];
