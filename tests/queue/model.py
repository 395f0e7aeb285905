"""The updates to send, and the model of their result: each takes effect in order, or is rejected."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

# The average number of consecutive updates of one contact.
MEAN_BURST = 4

# Amazon Connect permanently rejects names with this prefix.
REFUSED = "must not be"


@dataclass
class ModelContact:
    """The expected final state of a contact."""

    contact_id: str
    # Whether it is created with its first update and not known everywhere in Amazon Connect for some seconds.
    is_new: bool = False
    attributes: dict[str, str] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)
    # The ids of the updates that Amazon Connect must reject.
    rejected: list[str] = field(default_factory=list)

    def accept(self, update: Update, update_id: str) -> None:
        if update.rejected:
            self.rejected.append(update_id)
        elif update.is_attributes:
            merged = {**self.attributes, **update.body}
            self.attributes = {key: value for key, value in merged.items() if value}
        else:
            body = dict(update.body)
            if "References" in body:
                body["References"] = {**self.details.get("References", {}), **body["References"]}
            self.details.update(body)


@dataclass(frozen=True)
class Update:
    contact: int
    is_attributes: bool
    # The attributes, or the parameters of UpdateContact.
    body: dict[str, Any]
    rejected: bool = False
    # Whether the client sends it again, as if the answer had been lost.
    sent_again: bool = False


def plan_updates(rng: random.Random, updates: int, contacts: int) -> list[Update]:
    plan: list[Update] = []
    left_of_burst = contact = 0
    for number in range(updates):
        if left_of_burst == 0:
            left_of_burst, contact = rng.randint(1, 2 * MEAN_BURST - 1), rng.randrange(contacts)
        left_of_burst -= 1
        sent_again = rng.random() < 0.05
        if rng.random() < 0.06:
            body = {"Name": f"{REFUSED} {number}", "References": {"refused": reference(f"{number}")}}
            plan.append(Update(contact, is_attributes=False, body=body, rejected=True, sent_again=sent_again))
        elif rng.random() < 0.6:
            keys = rng.sample([f"key{n}" for n in range(6)], rng.randint(1, 3))
            attributes = {key: "" if rng.random() < 0.2 else f"{number} ä" for key in keys}
            plan.append(Update(contact, is_attributes=True, body=attributes, sent_again=sent_again))
        else:
            body = {"Name": f"text {number}", **({"Description": f"text {number}"} if rng.random() < 0.3 else {})}
            if rng.random() < 0.5:
                body["References"] = {f"ref{rng.randrange(3)}": reference(f"https://example.com/{number}?a=b")}
            plan.append(Update(contact, is_attributes=False, body=body, sent_again=sent_again))
    return plan


def reference(value: str) -> dict[str, str]:
    return {"Type": "STRING", "Value": value}
