import { expect, test } from "vitest";
import { readSettings } from "./settings.ts";

const whole = {
  WILDCAM_PROVIDER: "aws",
  WILDCAM_REGION: "us-west-2",
  WILDCAM_CLUSTER: "aws-west",
  WILDCAM_DATABASES: '{"aws":"postgres://u:secret@h/d","gcp":"postgres://g/d"}',
};

test("a pod is configured by its environment", () => {
  const settings = readSettings({ ...whole, PORT: "8080", WILDCAM_WRITE_BOUND_MS: "700" });
  expect(settings).toMatchObject({
    provider: "aws",
    cluster: "aws-west",
    port: 8080,
    writeBoundMs: 700,
    drainMs: 600,
  });
  expect([...settings.databases.keys()]).toEqual(["aws", "gcp"]);
});

test("all that is wrong is said at once", () => {
  expect(() => readSettings({ PORT: "x", WILDCAM_DATABASES: "{}" })).toThrow(
    /WILDCAM_PROVIDER is not set; .*WILDCAM_CLUSTER is not set; PORT: expected a whole number.*; WILDCAM_DATABASES names no database/,
  );
});

test("a pod needs a database of its own cloud", () => {
  expect(() => readSettings({ ...whole, WILDCAM_PROVIDER: "azure" })).toThrow("has no database for azure");
});

test("an address that cannot be read is not repeated: it may hold a password", () => {
  try {
    readSettings({ ...whole, WILDCAM_DATABASES: "postgres://u:secret@h/d" });
    expect.unreachable();
  } catch (error) {
    expect(String(error)).toContain("WILDCAM_DATABASES is not JSON");
    expect(String(error)).not.toContain("secret");
  }
});
