"""The in-memory Amazon Connect: contacts, quotas and error responses, without sockets."""

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


# The combinations of channel and initiation method that CreateContact accepts (Amazon Connect API Reference,
# "CreateContact").
_CREATABLE = (
    ("TASK", "API"),
    ("VOICE", "TRANSFER"),
    ("EMAIL", "OUTBOUND"),
    ("EMAIL", "AGENT_REPLY"),
    ("EMAIL", "FLOW"),
)


class ConnectError(Exception):
    """An error response of Amazon Connect."""

    def __init__(self, status: int, error_type: str | None, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error_type = error_type
        self.message = message


@dataclass
class Contact:
    """A contact, as far as the two operations write it."""

    contact_id: str
    instance_arn: str
    attributes: dict[str, str] = field(default_factory=dict)
    # The members of UpdateContact's body that were written, by name.
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Propagation:
    """The error for a new contact until it is visible everywhere in Amazon Connect."""

    ends_at: float
    error_type: str


@dataclass
class _Injection:
    fault: Fault
    calls: int
    operation: str | None


class AmazonConnect:
    """Instances and their contacts. Thread-safe."""

    def __init__(
        self,
        *,
        rate: float = DEFAULT_RATE,
        burst: int = DEFAULT_BURST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start without instances.

        :param rate: Requests per second for each operation.
        :param burst: Requests at once for each operation.
        :param clock: Returns seconds; for tests of the quota and of new contacts. Default: the monotonic clock.
        """
        # Calls received, by operation, including failed ones.
        self.calls: Counter[str] = Counter()
        self._clock = clock
        self._lock = threading.RLock()
        self._instances: dict[str, str] = {}
        self._contacts: dict[tuple[str, str], Contact] = {}
        self._propagations: dict[tuple[str, str], _Propagation] = {}
        self._injections: list[_Injection] = []
        self.set_quota(rate=rate, burst=burst)

    def set_quota(self, *, rate: float, burst: int) -> None:
        """Replace the quota, starting with full buckets."""
        with self._lock:
            self._buckets = {name: TokenBucket(rate, burst, self._clock) for name in _OPERATIONS}

    def add_instance(self, arn: str) -> str:
        """Add an instance. Returns its id. Raises ValueError if `arn` is not an instance ARN."""
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
        """The ids of all instances."""
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
        """Create a contact. Returns its id.

        :param instance_id: Default: the instance that was added first.
        :param contact_id: Default: a new UUID.
        :param visible_after_seconds: How long calls for the contact fail. Amazon Connect is eventually consistent: "in
            some cases it can take several minutes" until a change is available everywhere, and until then calls fail
            with ResourceNotFoundException or InvalidRequestException (Amazon Connect API Reference, "Amazon Connect
            eventual consistency").
        :param error_until_visible: Which of these two errors.
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
        """A copy of the contact's current state. Raises KeyError if it does not exist."""
        with self._lock:
            for (_, known_id), contact in self._contacts.items():
                if known_id == contact_id:
                    return copy.deepcopy(contact)
        raise KeyError(contact_id)

    def inject(self, fault: Fault, *, calls: int = 1, operation: str | None = None) -> None:
        """Inject `fault` into the next calls, after the faults that are already waiting.

        :param calls: The number of calls.
        :param operation: Only calls of this operation. Default: calls of any operation.
        """
        with self._lock:
            self._injections.append(_Injection(fault, calls, operation))

    def clear_faults(self) -> None:
        """Discard the injected faults that no call has met yet."""
        with self._lock:
            self._injections.clear()

    def receive(self, operation: str) -> Fault | None:
        """Count an incoming call. Returns the fault injected into it, if any."""
        with self._lock:
            self.calls[operation] += 1
            for injection in self._injections:
                if injection.operation in (None, operation):
                    injection.calls -= 1
                    if injection.calls <= 0:
                        self._injections.remove(injection)
                    return injection.fault
        return None

    def perform(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any] | None:
        """Check and apply a call. Returns the response body, or None for an empty one. Raises ConnectError."""
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
            # IAM would put the ARN into the contact's ARN, and no policy allows the result.
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
    """The error response that a test injected."""
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
            f"{shape_name} of the contact, including existing ones: more than {shape['maxUtf8Bytes']} bytes",
        )


def _get_contact_attributes(contact: Contact, _: dict[str, Any]) -> dict[str, Any]:
    return {"Attributes": contact.attributes}


def _describe_contact(contact: Contact, _: dict[str, Any]) -> dict[str, Any]:
    described = {
        # DescribeContact does not return references; contact() does.
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

# The action of each operation, and the input member that names the contact.
_OPERATIONS: dict[str, tuple[_Action, str]] = {
    "UpdateContactAttributes": (_update_contact_attributes, "InitialContactId"),
    "UpdateContact": (_update_contact, "ContactId"),
    "GetContactAttributes": (_get_contact_attributes, "InitialContactId"),
    "DescribeContact": (_describe_contact, "ContactId"),
}
