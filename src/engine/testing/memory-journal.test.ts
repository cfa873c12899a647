import { type JournalHarness, journalContract } from "../../ports/journal.contract.ts";
import { type MemoryJournal, memoryJournal, TestClock } from "./memory-journal.ts";

const journals = new Map<string, MemoryJournal>();
const locks = new Map<string, { epoch: number; holder: string | null }>();
const clock = new TestClock();

const harness: JournalHarness = {
  run: async (id, body) => {
    const journal = memoryJournal({ run: id, clock, locks });
    journals.set(id, journal);
    return await body(journal);
  },
  tell: async (id, command) => journals.get(id)?.tell(command),
};

journalContract("in memory", () => harness);
