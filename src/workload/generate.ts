// Why: where no real package is at hand, tests and drills need one of any size, and bodies to post.
//
// 1. The same seed and sizes give the same bytes. Row n does not depend on how many rows there are.
// 2. What is made is valid by the standard's table schemas, and exercises them: quotes, line breaks, offsets, gaps.

import { createWriteStream } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { builtInSchemas } from "./camtrap-tables.ts";
import type { TableName } from "./camtrap-tables.ts";
import type { Row } from "./columns.ts";
import { formatMoment } from "./moment.ts";
import { seeded } from "./random.ts";
import type { Random } from "./random.ts";

export type GeneratedSize = {
  readonly deployments: number;
  readonly media: number;
  readonly observations: number;
};

const species = [
  "Vulpes vulpes",
  "Canis lupus",
  "Lynx lynx",
  "Meles meles",
  "Sus scrofa",
  "Capreolus capreolus",
  "Cervus elaphus",
  "Martes foina",
  "Lutra lutra",
  "Castor fiber",
  "Anas platyrhynchos",
  "Ardea cinerea",
] as const;

/** The identifier of the n-th deployment (from 0) of the package with this seed. */
export function deploymentIdOf(seed: number, n: number): string {
  return `gen-${seed}-d${n}`;
}

/**
 * The n-th body for `POST /observations`. Refers to `deployments`, which must be in the database; by default to the
 * first deployment that `generatePackage` makes with this seed.
 */
export function observationBody(
  seed: number,
  n: number,
  deployments: readonly string[] = [deploymentIdOf(seed, 0)],
): Row {
  const random = seeded(seed, "body", n);
  return observation(random, deployments[random.whole(0, deployments.length - 1)] ?? "");
}

/** Writes `datapackage.json` and the three tables into `directory`, which is made if missing. At least one deployment. */
export async function generatePackage(
  options: { readonly directory: string; readonly seed: number } & GeneratedSize,
): Promise<void> {
  const { directory, seed } = options;
  const size = { ...options, deployments: Math.max(1, options.deployments) };
  await mkdir(directory, { recursive: true });
  await writeFile(
    join(directory, "datapackage.json"),
    `${JSON.stringify(describe(seed, size), undefined, 2)}\n`,
  );
  await writeTable(directory, "deployments", size.deployments, (n) => deployment(seed, n));
  await writeTable(directory, "media", size.media, (n) => medium(seed, n, size));
  await writeTable(directory, "observations", size.observations, (n) => {
    const random = seeded(seed, "observation", n);
    const observationID = `gen-${seed}-o${n}`;
    const mediaAt = size.media > 0 && random.chance(0.6) ? random.whole(0, size.media - 1) : undefined;
    if (mediaAt === undefined)
      return { observationID, ...observation(random, deploymentIdOf(seed, n % size.deployments)) };
    const taken = medium(seed, mediaAt, size);
    return {
      observationID,
      ...observation(random, String(taken["deploymentID"])),
      mediaID: String(taken["mediaID"]),
      observationLevel: "media",
      eventStart: String(taken["timestamp"]),
      eventEnd: String(taken["timestamp"]),
    };
  });
}

function deployment(seed: number, n: number): Row {
  const random = seeded(seed, "deployment", n);
  const startMs = Date.UTC(2020 + (n % 5), random.whole(0, 11), random.whole(1, 28), random.whole(0, 23));
  return {
    deploymentID: deploymentIdOf(seed, n),
    locationID: `gen-${seed}-l${n}`,
    locationName: `Location ${n}, "${random.pick(["beech ridge", "old mill", "Białowieża edge", "north\nbank"])}"`,
    latitude: random.whole(-80_000, 80_000) / 1000,
    longitude: random.whole(-180_000, 180_000) / 1000,
    coordinateUncertainty: random.whole(1, 500),
    deploymentStart: moment(random, startMs),
    deploymentEnd: moment(random, startMs + random.whole(1, 90) * 86_400_000),
    cameraID: String(random.whole(100, 999)),
    cameraModel: random.pick(["Reconyx-HF2X", "Bushnell-Core", "Browning-Recon"]),
    cameraDelay: random.whole(0, 60),
    cameraHeight: random.whole(3, 30) / 10,
    cameraTilt: random.whole(-90, 90),
    cameraHeading: random.whole(0, 360),
    timestampIssues: random.chance(0.1),
    baitUse: random.chance(0.2),
    featureType: random.pick(["trailGame", "roadDirt", "culvert", "waterSource"]),
    habitat: random.pick(["Mixed forest", "Marsh with ponds, brooks", "Dry grassland"]),
  };
}

function medium(seed: number, n: number, size: GeneratedSize): Row {
  const random = seeded(seed, "media", n);
  return {
    mediaID: `gen-${seed}-m${n}`,
    deploymentID: deploymentIdOf(seed, n % size.deployments),
    captureMethod: random.pick(["activityDetection", "timeLapse"]),
    timestamp: moment(
      random,
      Date.UTC(2020 + (n % 5), random.whole(0, 11), random.whole(1, 28)) + random.whole(0, 86_399) * 1000,
    ),
    filePath: `media/gen-${seed}-m${n}.jpg`,
    filePublic: random.chance(0.9),
    fileName: `IMG${String(n).padStart(5, "0")}.JPG`,
    fileMediatype: "image/jpeg",
    ...(random.chance(0.3)
      ? { exifData: JSON.stringify({ EXIF: { ISO: random.whole(100, 3200), Make: "RECONYX" } }) }
      : {}),
    ...(random.chance(0.1) ? { favorite: true } : {}),
  };
}

/** All but its identifier. */
function observation(random: Random, deploymentID: string): Row {
  const startMs =
    Date.UTC(2020 + random.whole(0, 4), random.whole(0, 11), random.whole(1, 28)) +
    random.whole(0, 86_399) * 1000;
  const start = moment(random, startMs);
  const animal = random.chance(0.8);
  return {
    deploymentID,
    eventID: `gen-e${random.whole(0, 9999)}`,
    eventStart: start,
    eventEnd: moment(random, startMs + random.whole(0, 120) * 1000),
    observationLevel: "event",
    observationType: animal
      ? "animal"
      : random.pick(["human", "vehicle", "blank", "unknown", "unclassified"]),
    ...(animal ? animalDetails(random) : {}),
    classificationMethod: random.pick(["human", "machine"]),
    classificationTimestamp: moment(random, startMs + random.whole(1, 30) * 86_400_000),
    classificationProbability: random.whole(0, 100) / 100,
    ...(random.chance(0.2)
      ? { observationComments: random.pick(["wet lens", 'two, maybe "three"', "see\nnotes"]) }
      : {}),
  };
}

function animalDetails(random: Random): Row {
  return {
    scientificName: random.pick(species),
    count: random.whole(1, 12),
    ...(random.chance(0.7) ? { lifeStage: random.pick(["adult", "subadult", "juvenile"]) } : {}),
    ...(random.chance(0.5) ? { sex: random.pick(["female", "male"]) } : {}),
    ...(random.chance(0.5) ? { behavior: random.pick(["foraging", "running", "vigilance|walking"]) } : {}),
    ...(random.chance(0.3)
      ? {
          bboxX: random.whole(0, 50) / 100,
          bboxY: random.whole(0, 50) / 100,
          bboxWidth: 0.25,
          bboxHeight: 0.5,
        }
      : {}),
  };
}

function moment(random: Random, epochMs: number): string {
  return formatMoment({ epochMs, offsetMinutes: random.pick([0, 60, 120, -480, 345]) });
}

async function writeTable(
  directory: string,
  table: TableName,
  count: number,
  row: (n: number) => Row,
): Promise<void> {
  await pipeline(
    Readable.from(csvLines(table, count, row)),
    createWriteStream(join(directory, `${table}.csv`)),
  );
}

function* csvLines(table: TableName, count: number, row: (n: number) => Row): Generator<string> {
  const names = builtInSchemas[table].fields.map((field) => field.name);
  yield `${names.join(",")}\n`;
  for (let n = 0; n < count; n += 1) {
    const made = row(n);
    yield `${names.map((name) => csvCell(String(made[name] ?? ""))).join(",")}\n`;
  }
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** By the profile of Camtrap DP 1.0.2. */
function describe(seed: number, size: GeneratedSize): unknown {
  const standard = "https://raw.githubusercontent.com/tdwg/camtrap-dp/1.0.2";
  const resource = (name: TableName): unknown => ({
    name,
    path: `${name}.csv`,
    profile: "tabular-data-resource",
    format: "csv",
    mediatype: "text/csv",
    encoding: "utf-8",
    schema: `${standard}/${name}-table-schema.json`,
  });
  return {
    resources: [resource("deployments"), resource("media"), resource("observations")],
    profile: `${standard}/camtrap-dp-profile.json`,
    name: `generated-${seed}-${size.deployments}-${size.media}-${size.observations}`,
    created: "2020-01-01T00:00:00Z",
    title: "Generated camera trap data",
    contributors: [{ title: "WildCAM data generator", role: "contributor" }],
    description: `Made up from seed ${seed}. Nobody saw these animals.`,
    version: "1.0",
    licenses: [
      { name: "CC0-1.0", scope: "data" },
      { name: "CC0-1.0", scope: "media" },
    ],
    project: {
      title: "Generated",
      samplingDesign: "simpleRandom",
      captureMethod: ["activityDetection", "timeLapse"],
      individualAnimals: false,
      observationLevel: ["media", "event"],
    },
    spatial: {
      type: "Polygon",
      coordinates: [
        [
          [-180, -80],
          [180, -80],
          [180, 80],
          [-180, 80],
          [-180, -80],
        ],
      ],
    },
    temporal: { start: "2020-01-01", end: "2025-12-31" },
    taxonomic: species.map((scientificName) => ({ scientificName })),
  };
}
