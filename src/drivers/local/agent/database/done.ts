/** What an act says of itself: it did it, or its aim stood already. Anything else is thrown as a PortError. */
export type Done = "done" | "found";
