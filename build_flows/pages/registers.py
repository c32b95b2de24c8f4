"""The register map, from its one table."""

from build_flows.pages.docstrings import docstring
from rbonn_hw.spec import registers
from rbonn_hw.spec.registers import REGISTERS, ErrorCode


def page() -> str:
    """Return the page, in Markdown."""
    lines = [
        "# Registers",
        "",
        docstring(registers).text,
        "",
        "| offset | register | bits | field | access | meaning |",
        "|---|---|---|---|---|---|",
    ]
    for row in REGISTERS:
        for field in row.fields:
            bits = f"{field.low + field.bits - 1}:{field.low}" if field.bits > 1 else str(field.low)
            lines.append(
                f"| `{row.offset:#04x}` | {row.name} | {bits} | {field.name} | {field.access.value} | "
                f"{field.meaning} |"
            )
    lines += [
        "",
        "RO: read only. RW: read and write. W1C: writing 1 clears. SC: writing 1 triggers, reads as 0.",
    ]
    lines += ["", "`STATUS.ERROR_CODE`:", "", "| code | name |", "|---|---|"]
    lines += [f"| {int(code)} | {code.name} |" for code in ErrorCode]
    return "\n".join(lines) + "\n"
