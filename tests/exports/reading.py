"""Read one export from bytes, the way the connector does, without a run around it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from llmaudit import exports
from llmaudit.exports import Outcome
from llmaudit.model import Evidence, Usage
from llmaudit.redact import People

SAMPLES = Path(__file__).parent.parent / "data" / "exports"
PREMIUM = (
    "date,username,product,sku,model,quantity,unit_type,applied_cost_per_quantity,gross_amount,"
    "discount_amount,net_amount,exceeds_quota,total_monthly_quota,organization,cost_center_name"
)


@dataclass(frozen=True)
class Reading:
    schema: str
    evidence: tuple[Evidence, ...]
    usage: tuple[Usage, ...]
    outcome: Outcome

    @property
    def seats(self):
        return tuple(e for e in self.evidence if e.kind == "seat")


def read(data: bytes | str, name: str = "export.csv") -> Reading:
    raw = data.encode() if isinstance(data, str) else data
    (table,) = exports.tables(raw, name)
    if table.problem:
        raise table.problem
    found = exports.detect(table, exports.list_schemas(), name, name)
    outcome = Outcome()
    things = list(
        exports.read(
            found, f"file:{name}", f"exports:{name}", People(b"", reveal=True), str, outcome
        )
    )
    return Reading(
        found.schema.id,
        tuple(t for t in things if isinstance(t, Evidence)),
        tuple(t for t in things if isinstance(t, Usage)),
        outcome,
    )


def sample(name: str) -> Reading:
    return read((SAMPLES / name).read_bytes(), name)


def premium(*rows: str, delimiter: str = ",") -> str:
    """A premium-request export of rows ``date|user|quantity|net``, or whole rows."""
    lines = [PREMIUM.replace(",", delimiter)]
    for row in rows:
        parts = row.split("|")
        if len(parts) == 4:
            day, user, quantity, net = parts
            parts = [day, user, "copilot", "copilot_premium_request", "GPT-5.2", quantity]
            parts += ["requests", "0.04", net, "0", net, "False", "300", "acme", ""]
        lines.append(delimiter.join(f'"{part}"' for part in parts))
    return "\n".join(lines) + "\n"


def amounts(reading: Reading) -> list[str]:
    return [f"{u.day} {u.asset} {u.amount}" for u in reading.usage]
