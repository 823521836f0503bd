"""Files of messages: JSONL, CSV, mbox and .eml, read one item at a time with the line of every fault."""
