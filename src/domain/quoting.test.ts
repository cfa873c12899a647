import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { quoteIdentifier, quoteLiteral, quoteShellWord, shellCommand } from "./quoting.ts";

const hostile = [
  "plain",
  "it's",
  '"double"',
  "''",
  "a'; DROP TABLE observations; --",
  'a"; DROP TABLE observations; --',
  "back\\slash",
  "trailing\\",
  "\\'",
  "\\' OR 1=1 --",
  "line\nfeed",
  "carriage\rreturn",
  "tab\tescape\u001b[31m\u0003",
  "trailing line feeds\n\n",
  "$(touch /tmp/never)",
  "`touch /tmp/never`",
  "${HOME} $HOME $$ $1",
  "a && b || c; d | e > f < g & h",
  "* ? [a-z] {a,b} ~ ~root",
  "#comment",
  "$HOME",
  "$$",
  "~",
  "*",
  "a?",
  "[a-z]*",
  "a;b",
  "a&b",
  "a|b",
  "a>b",
  "(a)",
  "a\\b",
  "!history",
  "-n",
  "--option=value with spaces",
  "A=b",
  "%s %d %%",
  "Vulpes vulpes, renard roux: ñandú, 狐, 🦊",
  "\u0085\u2028\u202e",
  "\ufeff",
];
const anyText = fc.string({ unit: "binary", maxLength: 40 }).filter((text) => !text.includes("\0"));
const nastyText = fc
  .array(
    fc.constantFrom(
      "'",
      '"',
      "\\",
      "\n",
      "\r",
      "\t",
      "$(",
      ")",
      "`",
      "$",
      "é",
      "🦊",
      "a",
      " ",
      "\u0001",
      "\u0080",
    ),
  )
  .map((parts) => parts.join(""));
const text = fc.oneof(anyText, nastyText);

/** What `/bin/sh` takes the words for. */
function asShellReads(words: readonly string[]): string[] {
  const line = shellCommand(["printf", "%s\\000", ...words]);
  const output = execFileSync("/bin/sh", ["-c", line], { encoding: "utf8", timeout: 10_000, stdio: "pipe" });
  return output.split("\0").slice(0, -1);
}

describe("a shell word", () => {
  test.each(hostile)("%j is read back by /bin/sh as it was", (word) => {
    expect(asShellReads([word])).toEqual([word]);
  });

  test("any words are read back by /bin/sh as they were, each as one", () => {
    const words = fc.array(text, { minLength: 20, maxLength: 60 });
    fc.assert(
      fc.property(words, (some) => {
        expect(asShellReads(some)).toEqual(some);
      }),
      { numRuns: 40 },
    );
  });

  test("an empty one is still a word", () => {
    expect(quoteShellWord("")).toBe("''");
    expect(asShellReads(["", "a", ""])).toEqual(["", "a", ""]);
  });

  test("what needs no quotes has none, so that commands stay readable", () => {
    const words = ["kubectl", "--context", "aws-west", "scale", "deployment/wildcam-backend", "--replicas=4"];
    expect(shellCommand(words)).toBe(
      "kubectl --context aws-west scale deployment/wildcam-backend --replicas=4",
    );
    expect(quoteShellWord("A=b")).toBe("'A=b'");
  });

  test("has no control character but line feed, so that pasting it does nothing by itself", () => {
    fc.assert(
      fc.property(text, (word) => {
        expect(quoteShellWord(word)).not.toMatch(/(?!\n)\p{Cc}/u);
      }),
    );
  });
});

/** Reads one token as PostgreSQL's scanner does (its documentation, "Lexical Structure"), or throws. */
function asPostgresReads(token: string, standardConformingStrings: boolean): string {
  const escapes = token.startsWith("E'") || (token.startsWith("'") && !standardConformingStrings);
  const body = token.replace(/^E(?=')/, "");
  const quote = body.charAt(0);
  let value = "";
  let index = 1;
  while (index < body.length) {
    const character = body.charAt(index);
    if (character === quote && body.charAt(index + 1) === quote) {
      value += quote;
      index += 2;
    } else if (character === quote) {
      break;
    } else if (character === "\\" && escapes) {
      const next = body.charAt(index + 1);
      if (next !== "\\") throw new Error(`an escape that is not ours: ${next}`);
      value += "\\";
      index += 2;
    } else {
      value += character;
      index += 1;
    }
  }
  if (index !== body.length - 1) throw new Error(`text after the token: ${body.slice(index)}`);
  return value;
}

describe("a SQL literal", () => {
  test.each(hostile)("%j is one token that reads as it was", (value) => {
    for (const setting of [true, false]) expect(asPostgresReads(quoteLiteral(value), setting)).toBe(value);
  });

  test("any text is one token that reads as it was, whatever standard_conforming_strings is", () => {
    fc.assert(
      fc.property(text, fc.boolean(), (value, setting) => {
        expect(asPostgresReads(quoteLiteral(value), setting)).toBe(value);
      }),
    );
  });

  test("has an E only where a backslash asks for it", () => {
    expect(quoteLiteral("it's")).toBe("'it''s'");
    expect(quoteLiteral("a\\'b")).toBe("E'a\\\\''b'");
  });
});

describe("a SQL identifier", () => {
  test.each(hostile)("%j is one token that reads as it was", (name) => {
    expect(asPostgresReads(quoteIdentifier(name), true)).toBe(name);
  });

  test("any name is one token that reads as it was", () => {
    const name = text.filter((some) => some !== "" && Buffer.byteLength(some) <= 63);
    fc.assert(
      fc.property(name, (some) => {
        expect(asPostgresReads(quoteIdentifier(some), true)).toBe(some);
      }),
    );
  });

  test("that PostgreSQL would cut, or that is empty, is refused", () => {
    expect(quoteIdentifier("a".repeat(63))).toBe(`"${"a".repeat(63)}"`);
    expect(() => quoteIdentifier("a".repeat(64))).toThrow(/at most 63 bytes/);
    expect(() => quoteIdentifier("é".repeat(32))).toThrow(/at most 63 bytes/);
    expect(() => quoteIdentifier("")).toThrow(/empty/);
  });
});

test.each(["a\0b", "\0", "\uD800", "a\uDC00b"])("%j is refused by every quoter", (value) => {
  for (const quote of [quoteIdentifier, quoteLiteral, quoteShellWord])
    expect(() => quote(value)).toThrow(RangeError);
});
