"""Warnings, never failures: files, functions and pages that are longer than most readers can hold. A review decides about each."""

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent
LONGEST_FILE, LONGEST_FUNCTION, LONGEST_ARCHITECTURE = 400, 70, 250

for folder in (".", "dispatch", "sim", "tests", "benchmarks", "examples"):
    for file in sorted((ROOT / folder).glob("*.py" if folder == "." else "**/*.py")):
        text = file.read_text(encoding="utf-8")
        name = file.relative_to(ROOT)
        if (lines := text.count("\n")) > LONGEST_FILE:
            print(f"Warning: {name} has {lines} lines, more than {LONGEST_FILE}.")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    print(
                        f"Warning: {node.name} in {name}:{node.lineno} has {lines} lines, more than {LONGEST_FUNCTION}."
                    )
page = ROOT / "docs" / "ARCHITECTURE.md"
if (lines := page.read_text(encoding="utf-8").count("\n")) > LONGEST_ARCHITECTURE:
    print(f"Warning: docs/{page.name} has {lines} lines, more than {LONGEST_ARCHITECTURE}.")
