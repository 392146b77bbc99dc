"""What the `dispatch db`, `explain` and `replay` commands do with a file: show, explain, seed, block, and bring phones over."""
