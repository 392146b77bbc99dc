"""Whether a file can be trusted: what a start looks at, what `dispatch db check` looks at, and what `dispatch db mend` repairs."""
