"""An Amazon Connect in memory: its contacts and its verdicts, without any sockets."""

from __future__ import annotations

import copy
import re
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from connect_constructs.contract.service_model import service_model
from connect_constructs.local.contract_check import utf8_bytes, violations
from connect_constructs.local.faults import ErrorAnswer, Fault
from connect_constructs.local.quota import DEFAULT_BURST, DEFAULT_RATE, TokenBucket

_ERRORS_UNTIL_VISIBLE = ("ResourceNotFoundException", "InvalidRequestException")

INSTANCE_ARN = re.compile(r"arn:[^:]+:connect:(?P<region>[^:]+):[^:]*:instance/(?P<id>[^/]+)")


# The channels and initiation methods of CreateContact (Amazon Connect API Reference, "CreateContact").
_CREATABLE = (
    ("TASK", "API"),
    ("VOICE", "TRANSFER"),
    ("EMAIL", "OUTBOUND"),
    ("EMAIL", "AGENT_REPLY"),
    ("EMAIL", "FLOW"),
)


class ConnectError(Exception):
    """An error that Amazon Connect answers with."""

    def __init__(self, status: int, error_type: str | None, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error_type = error_type
        self.message = message


@dataclass
class Contact:
    """A contact, with what the two operations write."""

    contact_id: str
    instance_arn: str
    attributes: dict[str, str] = field(default_factory=dict)
    # The body members of UpdateContact that have been written, by their names there.
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Propagation:
    """What calls for a contact are told that Amazon Connect does not know everywhere yet."""

    ends_at: float
    error_type: str


@dataclass
class _Order:
    fault: Fault
    calls: int
    operation: str | None


class AmazonConnect:
    """Instances and their contacts. Safe between threads."""

    def __init__(
        self,
        *,
        rate: float = DEFAULT_RATE,
        burst: int = DEFAULT_BURST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Create it without instances.

        :param rate: Requests a second, for each operation.
        :param burst: Requests at once, for each operation.
        :param clock: Seconds, for tests of the quota and of new contacts. Default: the monotonic clock.
        """
        # Calls that arrived, for each operation, whatever became of them.
        self.calls: Counter[str] = Counter()
        self._clock = clock
        self._lock = threading.RLock()
        self._instances: dict[str, str] = {}
        self._contacts: dict[tuple[str, str], Contact] = {}
        self._propagations: dict[tuple[str, str], _Propagation] = {}
        self._orders: list[_Order] = []
        self.set_quota(rate=rate, burst=burst)

    def set_quota(self, *, rate: float, burst: int) -> None:
        """Set the quota anew, with full buckets."""
        with self._lock:
            self._buckets = {name: TokenBucket(rate, burst, self._clock) for name in _OPERATIONS}

    def add_instance(self, arn: str) -> str:
        """Let the instance exist; its id. Raises ValueError for what is no instance's ARN."""
        match = INSTANCE_ARN.fullmatch(arn)
        if not match:
            raise ValueError(
                f"expected an instance ARN such as arn:aws:connect:REGION:ACCOUNT:instance/ID, got {arn!r}"
            )
        with self._lock:
            self._instances[match["id"]] = arn
        return match["id"]

    @property
    def instance_ids(self) -> list[str]:
        """The ids of the instances that exist."""
        with self._lock:
            return list(self._instances)

    def create_contact(
        self,
        instance_id: str | None = None,
        *,
        contact_id: str | None = None,
        attributes: dict[str, str] | None = None,
        name: str | None = None,
        description: str | None = None,
        visible_after_seconds: float = 0,
        error_until_visible: str = "ResourceNotFoundException",
    ) -> str:
        """Let a contact exist; its id.

        :param instance_id: Default: the instance that was added first.
        :param contact_id: Default: a new UUID.
        :param visible_after_seconds: How long calls for the contact are refused. Amazon Connect is eventually
            consistent: "in some cases it can take several minutes" until a change is available everywhere, with
            ResourceNotFoundException or InvalidRequestException meanwhile (Amazon Connect API Reference, "Amazon
            Connect eventual consistency").
        :param error_until_visible: Which of the two.
        """
        if error_until_visible not in _ERRORS_UNTIL_VISIBLE:
            raise ValueError(
                f"error_until_visible: expected one of {', '.join(_ERRORS_UNTIL_VISIBLE)}, got {error_until_visible!r}"
            )
        with self._lock:
            if not self._instances:
                raise ValueError("expected an instance to create the contact in, got none: add_instance comes first")
            instance_id = instance_id or next(iter(self._instances))
            contact_id = contact_id or str(uuid.uuid4())
            details = {key: text for key, text in {"Name": name, "Description": description}.items() if text}
            self._contacts[instance_id, contact_id] = Contact(
                contact_id, self._instances[instance_id], dict(attributes or {}), details
            )
            self._propagations[instance_id, contact_id] = _Propagation(
                self._clock() + visible_after_seconds, error_until_visible
            )
            return contact_id

    def contact(self, contact_id: str) -> Contact:
        """A copy of the contact as it is now. Raises KeyError if there is none."""
        with self._lock:
            for (_, known_id), contact in self._contacts.items():
                if known_id == contact_id:
                    return copy.deepcopy(contact)
        raise KeyError(contact_id)

    def order(self, fault: Fault, *, calls: int = 1, operation: str | None = None) -> None:
        """Let the next calls suffer `fault`, after what was ordered before.

        :param calls: How many calls.
        :param operation: Only calls of this operation. Default: those of all.
        """
        with self._lock:
            self._orders.append(_Order(fault, calls, operation))

    def cancel_orders(self) -> None:
        """Forget the faults that have not yet struck."""
        with self._lock:
            self._orders.clear()

    def receive(self, operation: str) -> Fault | None:
        """Count a call that arrives; the fault that it is to suffer, if any."""
        with self._lock:
            self.calls[operation] += 1
            for order in self._orders:
                if order.operation in (None, operation):
                    order.calls -= 1
                    if order.calls <= 0:
                        self._orders.remove(order)
                    return order.fault
        return None

    def perform(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any] | None:
        """Judge a call and let it take effect; the answer's body, None for an empty one. Raises ConnectError."""
        with self._lock:
            if operation == "DescribeInstance":
                return self._describe_instance(parameters["InstanceId"])
            if operation == "CreateContact":
                return self._perform_create_contact(parameters)
            if not self._buckets[operation].take():
                raise _error("ThrottlingException", "Rate exceeded")
            wrong = violations(operation, parameters) if operation in service_model()["operations"] else []
            if wrong:
                raise _error("InvalidRequestException", f"Invalid request: {'; '.join(wrong)}")
            action, contact_member = _OPERATIONS[operation]
            return action(self._existing(parameters["InstanceId"], parameters[contact_member]), parameters)

    def _describe_instance(self, instance_id: str) -> dict[str, Any]:
        return {"Instance": {"Id": instance_id, "Arn": self._instance_arn(instance_id), "InstanceStatus": "ACTIVE"}}

    def _perform_create_contact(self, parameters: dict[str, Any]) -> dict[str, Any]:
        instance_id = parameters.get("InstanceId", "")
        instance_arn = self._instance_arn(instance_id)
        if (parameters.get("Channel"), parameters.get("InitiationMethod")) not in _CREATABLE:
            pairs = ", ".join("/".join(pair) for pair in _CREATABLE)
            raise _error("InvalidRequestException", f"Channel and InitiationMethod: expected one of {pairs}")
        contact_id = self.create_contact(
            instance_id,
            attributes=parameters.get("Attributes"),
            name=parameters.get("Name"),
            description=parameters.get("Description"),
        )
        return {"ContactId": contact_id, "ContactArn": f"{instance_arn}/contact/{contact_id}"}

    def _instance_arn(self, instance_id: str) -> str:
        if instance_id not in self._instances:
            raise _error("ResourceNotFoundException", "Instance not found")
        return self._instances[instance_id]

    def _existing(self, instance_id: str, contact_id: str) -> Contact:
        if instance_id.startswith("arn:"):
            # IAM puts what it is given into the contact's ARN, and no policy allows the doubled one.
            raise _error("AccessDeniedException", "Not authorized to perform this operation on the contact")
        self._instance_arn(instance_id)
        contact = self._contacts.get((instance_id, contact_id))
        if contact is None:
            raise _error("ResourceNotFoundException", "Contact not found")
        propagation = self._propagations[instance_id, contact_id]
        if self._clock() < propagation.ends_at:
            raise _error(propagation.error_type, "Contact not found yet")
        return contact


def _error(error_type: str, message: str) -> ConnectError:
    status = service_model()["shapes"][error_type]["error"]["httpStatusCode"]
    return ConnectError(status, error_type, message)


def error_of(fault: ErrorAnswer) -> ConnectError:
    """The error that an ordered answer is."""
    return ConnectError(fault.status, fault.error_type, fault.message)


def _update_contact_attributes(contact: Contact, parameters: dict[str, Any]) -> None:
    merged = {key: value for key, value in {**contact.attributes, **parameters["Attributes"]}.items() if value}
    _check_bytes("Attributes", merged)
    contact.attributes = merged


def _update_contact(contact: Contact, parameters: dict[str, Any]) -> None:
    body = {key: value for key, value in parameters.items() if key not in ("InstanceId", "ContactId")}
    for member in ("References", "SegmentAttributes"):
        if member in body:
            body[member] = {**contact.details.get(member, {}), **body[member]}
    _check_bytes("ContactReferences", body.get("References", {}))
    contact.details.update(copy.deepcopy(body))


def _check_bytes(shape_name: str, merged: dict[str, Any]) -> None:
    shape = service_model()["shapes"][shape_name]
    if utf8_bytes(merged, shape.get("utf8BytesOf")) > shape["maxUtf8Bytes"]:
        raise _error(
            "InvalidRequestException",
            f"{shape_name} of the contact, with those that it has already: more than {shape['maxUtf8Bytes']} bytes",
        )


def _get_contact_attributes(contact: Contact, _: dict[str, Any]) -> dict[str, Any]:
    return {"Attributes": contact.attributes}


def _describe_contact(contact: Contact, _: dict[str, Any]) -> dict[str, Any]:
    described = {
        # DescribeContact does not return references; the object API does.
        key: value
        for key, value in contact.details.items()
        if key in ("Name", "Description", "SegmentAttributes", "CustomerEndpoint", "SystemEndpoint", "QueueInfo")
    }
    return {
        "Contact": {
            "Arn": f"{contact.instance_arn}/contact/{contact.contact_id}",
            "Id": contact.contact_id,
            "Attributes": contact.attributes,
            **described,
        }
    }


_Action = Callable[[Contact, dict[str, Any]], dict[str, Any] | None]

# What each operation does, and the member that names the contact.
_OPERATIONS: dict[str, tuple[_Action, str]] = {
    "UpdateContactAttributes": (_update_contact_attributes, "InitialContactId"),
    "UpdateContact": (_update_contact, "ContactId"),
    "GetContactAttributes": (_get_contact_attributes, "InitialContactId"),
    "DescribeContact": (_describe_contact, "ContactId"),
}
