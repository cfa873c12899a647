// Why: the three tables of the Camera Trap Data Package standard (TDWG, Camtrap DP 1.0.2,
// https://camtrap-dp.tdwg.org/data/), as far as we store them: names, types and constraints.
// A package that carries its own table schemas is checked against those instead.

import type { Field, TableSchema } from "./table-schema.ts";
import { wholePattern } from "./table-schema.ts";

export type TableName = "deployments" | "media" | "observations";

/** In the order in which they must be loaded: each refers only to those before it. */
export const tableNames: readonly TableName[] = ["deployments", "media", "observations"];

const missingValues = ["", "NA", "NaN", "nan"];

const text = (name: string): Field => ({ name, type: "string" });
const texts = (...names: readonly string[]): readonly Field[] => names.map(text);
const required = (field: Field): Field => ({ ...field, required: true });
const identifier = (name: string): Field => ({ name, type: "string", required: true, unique: true });
const choice = (name: string, ...oneOf: readonly string[]): Field => ({ name, type: "string", oneOf });
const moment = (name: string): Field => ({ name, type: "datetime" });
const flag = (name: string): Field => ({ name, type: "boolean" });
const number = (name: string, minimum: number, maximum?: number): Field => ({
  name,
  type: "number",
  minimum,
  ...(maximum === undefined ? {} : { maximum }),
});
const integer = (name: string, minimum: number, maximum?: number): Field => ({
  ...number(name, minimum, maximum),
  type: "integer",
});
const matching = (name: string, pattern: string): Field => ({
  name,
  type: "string",
  pattern: wholePattern(pattern),
});

const toDeployment = { field: "deploymentID", table: "deployments", tableField: "deploymentID" };

const deployments: TableSchema = {
  primaryKey: "deploymentID",
  missingValues,
  foreignKeys: [],
  fields: [
    identifier("deploymentID"),
    ...texts("locationID", "locationName"),
    required(number("latitude", -90, 90)),
    required(number("longitude", -180, 180)),
    integer("coordinateUncertainty", 1),
    required(moment("deploymentStart")),
    required(moment("deploymentEnd")),
    ...texts("setupBy", "cameraID", "cameraModel"),
    integer("cameraDelay", 0),
    number("cameraHeight", 0),
    number("cameraDepth", 0),
    integer("cameraTilt", -90, 90),
    integer("cameraHeading", 0, 360),
    number("detectionDistance", 0),
    flag("timestampIssues"),
    flag("baitUse"),
    choice(
      "featureType",
      "roadPaved",
      "roadDirt",
      "trailHiking",
      "trailGame",
      "roadUnderpass",
      "roadOverpass",
      "roadBridge",
      "culvert",
      "burrow",
      "nestSite",
      "carcass",
      "waterSource",
      "fruitingTree",
    ),
    ...texts("habitat", "deploymentGroups", "deploymentTags", "deploymentComments"),
  ],
};

const media: TableSchema = {
  primaryKey: "mediaID",
  missingValues,
  foreignKeys: [toDeployment],
  fields: [
    identifier("mediaID"),
    required(text("deploymentID")),
    choice("captureMethod", "activityDetection", "timeLapse"),
    required(moment("timestamp")),
    // Not below the home or the parent folder: a path stays inside its package.
    required(matching("filePath", "(?![./~])((?!\\.{2}).)*")),
    required(flag("filePublic")),
    text("fileName"),
    required(matching("fileMediatype", "(image|video|audio)/.*")),
    { name: "exifData", type: "any" },
    flag("favorite"),
    text("mediaComments"),
  ],
};

const observations: TableSchema = {
  primaryKey: "observationID",
  missingValues,
  foreignKeys: [toDeployment, { field: "mediaID", table: "media", tableField: "mediaID" }],
  fields: [
    identifier("observationID"),
    required(text("deploymentID")),
    ...texts("mediaID", "eventID"),
    required(moment("eventStart")),
    required(moment("eventEnd")),
    required(choice("observationLevel", "media", "event")),
    required(choice("observationType", "animal", "human", "vehicle", "blank", "unknown", "unclassified")),
    choice("cameraSetupType", "setup", "calibration"),
    text("scientificName"),
    integer("count", 1),
    choice("lifeStage", "adult", "subadult", "juvenile"),
    choice("sex", "female", "male"),
    ...texts("behavior", "individualID"),
    number("individualPositionRadius", 0),
    number("individualPositionAngle", -90, 90),
    number("individualSpeed", 0),
    number("bboxX", 0, 1),
    number("bboxY", 0, 1),
    number("bboxWidth", 1e-15, 1),
    number("bboxHeight", 1e-15, 1),
    choice("classificationMethod", "human", "machine"),
    text("classifiedBy"),
    moment("classificationTimestamp"),
    number("classificationProbability", 0, 1),
    ...texts("observationTags", "observationComments"),
  ],
};

export const builtInSchemas: Readonly<Record<TableName, TableSchema>> = { deployments, media, observations };
