"""The review desk: incidents come in, people read and decide them, services take them over. No HTTP, no SQL text."""
