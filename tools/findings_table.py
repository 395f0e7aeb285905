"""Writes the table of rule packs' findings into docs/findings.md (make findings-table)."""

from __future__ import annotations

from pathlib import Path

from connect_constructs._findings import FINDINGS, Finding
from tools.page_sections import write_section

PAGE = Path(__file__).resolve().parents[1] / "docs" / "findings.md"
SECTION = "findings"

# Packs whose rules have the same names.
_PACKS = {
    "NIST.800.53.R4": "NIST R4",
    "NIST.800.53.R5": "NIST R5",
    "HIPAA.Security": "HIPAA",
    "PCI.DSS.321": "PCI",
}


def table() -> str:
    """All findings as a Markdown table."""
    rows = [("Finding", "Rules", "Resolved by", "Accepted because"), ("---",) * 4, *(_row(each) for each in FINDINGS)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(finding: Finding) -> tuple[str, ...]:
    return (finding.says, _rules(finding), finding.mended_by or "—", finding.reason)


def _rules(finding: Finding) -> str:
    """`AwsSolutions-APIG3`, `APIGWAssociatedWithWAF` (NIST R5, PCI)."""
    packs: dict[str, list[str]] = {}
    for rule in finding.rules:
        pack, _, name = rule.rpartition("-")
        shared = pack in _PACKS
        packs.setdefault(name if shared else rule.replace("{}", "…"), []).extend([_PACKS[pack]] if shared else [])
    return ", ".join(f"`{name}`" + (f" ({', '.join(where)})" if where else "") for name, where in packs.items())


if __name__ == "__main__":
    write_section(PAGE, SECTION, table())
