"""What actors tell one another: frozen structs that carry ids, never references. Commands are imperative, events past tense."""
