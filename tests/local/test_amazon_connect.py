"""The in-memory Amazon Connect, as a boto3 client sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from connect_constructs.contract.service_model import service_model
from connect_constructs.local.amazon_connect import AmazonConnect
from connect_constructs.local.connect_server import ConnectServer
from connect_constructs.local.faults import (
    BARE_THROTTLE,
    TOO_MANY_REQUESTS,
    ErrorAnswer,
    Fault,
    Hang,
    Reset,
    documented_error,
)

INSTANCE_ID = "12345678-1234-1234-1234-123456789012"
INSTANCE_ARN = f"arn:aws:connect:us-east-1:111122223333:instance/{INSTANCE_ID}"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def connect(clock: Clock) -> AmazonConnect:
    connect = AmazonConnect(clock=clock)
    connect.add_instance(INSTANCE_ARN)
    return connect


@pytest.fixture
def client(connect: AmazonConnect) -> Iterator[Any]:
    with ConnectServer(connect) as server:
        yield boto3.client(
            "connect",
            endpoint_url=server.url,
            region_name="us-east-1",
            aws_access_key_id="anybody",
            aws_secret_access_key="anything",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=0.5),
        )


def code_of(error: pytest.ExceptionInfo[ClientError]) -> tuple[int, str]:
    response = error.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def test_attributes_are_merged_and_removed_by_an_empty_value(client: Any, connect: AmazonConnect) -> None:
    contact_id = connect.create_contact(attributes={"kept": "1", "changed": "1", "removed": "1"})

    client.update_contact_attributes(
        InstanceId=INSTANCE_ID,
        InitialContactId=contact_id,
        Attributes={"changed": "2", "removed": "", "added": "é"},
    )

    read = client.get_contact_attributes(InstanceId=INSTANCE_ID, InitialContactId=contact_id)
    assert read["Attributes"] == {"kept": "1", "changed": "2", "added": "é"}


def test_instance_that_was_added_is_active_and_no_other_exists(client: Any) -> None:
    assert client.describe_instance(InstanceId=INSTANCE_ID)["Instance"] == {
        "Id": INSTANCE_ID,
        "Arn": INSTANCE_ARN,
        "InstanceStatus": "ACTIVE",
    }
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_instance(InstanceId="87654321-4321-4321-4321-210987654321")


def test_details_are_read_back_by_describe_contact(client: Any, connect: AmazonConnect) -> None:
    contact_id = connect.create_contact(contact_id="a/b ü%41")

    client.update_contact(InstanceId=INSTANCE_ID, ContactId=contact_id, Name="n", Description="d")

    contact = client.describe_contact(InstanceId=INSTANCE_ID, ContactId=contact_id)["Contact"]
    assert (contact["Id"], contact["Name"], contact["Description"]) == ("a/b ü%41", "n", "d")
    assert contact["Arn"] == f"{INSTANCE_ARN}/contact/a/b ü%41"


@pytest.mark.parametrize(
    ("instance_id", "expected"),
    [
        (INSTANCE_ID, (404, "ResourceNotFoundException")),
        ("00000000-0000-0000-0000-000000000000", (404, "ResourceNotFoundException")),
        # IAM evaluates this as a doubled ARN, which no policy allows.
        (INSTANCE_ARN, (403, "AccessDeniedException")),
    ],
)
def test_unknown_contacts_and_instances_are_refused(client: Any, instance_id: str, expected: tuple[int, str]) -> None:
    with pytest.raises(ClientError) as error:
        client.update_contact(InstanceId=instance_id, ContactId="nobody", Name="n")

    assert code_of(error) == expected


def test_bytes_of_all_attributes_are_limited_over_several_updates(client: Any, connect: AmazonConnect) -> None:
    contact_id = connect.create_contact(attributes={"a": "é" * 16_000})

    def update(key: str, value: str) -> None:
        client.update_contact_attributes(InstanceId=INSTANCE_ID, InitialContactId=contact_id, Attributes={key: value})

    update("b", "x" * 766)  # 1 + 32,000 + 1 + 766 = 32,768
    with pytest.raises(client.exceptions.InvalidRequestException):
        update("c", "x")

    assert sorted(connect.contact(contact_id).attributes) == ["a", "b"]


def test_bytes_of_all_references_are_limited_over_several_updates(client: Any, connect: AmazonConnect) -> None:
    contact_id = connect.create_contact()

    def update(key: str, value: str) -> None:
        references = {key: {"Type": "STRING", "Value": value}}
        client.update_contact(InstanceId=INSTANCE_ID, ContactId=contact_id, References=references)

    update("a", "x" * 4_000)
    update("b", "x" * 94)
    with pytest.raises(client.exceptions.InvalidRequestException):
        update("c", "x")


def test_invalid_input_is_refused_without_its_values(client: Any, connect: AmazonConnect) -> None:
    contact_id = connect.create_contact()

    with pytest.raises(client.exceptions.InvalidRequestException) as error:
        client.update_contact_attributes(
            InstanceId=INSTANCE_ID, InitialContactId=contact_id, Attributes={"a key": "a secret"}
        )

    assert "secret" not in str(error.value)
    assert connect.contact(contact_id).attributes == {}


def test_quota_is_a_bucket_for_each_operation(client: Any, connect: AmazonConnect, clock: Clock) -> None:
    contact_id = connect.create_contact()

    def update() -> bool:
        try:
            client.update_contact_attributes(InstanceId=INSTANCE_ID, InitialContactId=contact_id, Attributes={"a": "1"})
        except client.exceptions.ThrottlingException:
            return False
        return True

    assert [update() for _ in range(17)] == [True] * 15 + [False] * 2
    client.update_contact(InstanceId=INSTANCE_ID, ContactId=contact_id, Name="another bucket")
    clock.now += 0.3
    assert [update() for _ in range(4)] == [True] * 3 + [False]
    connect.set_quota(rate=1, burst=2)
    assert [update() for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize("error_type", ["ResourceNotFoundException", "InvalidRequestException"])
def test_new_contact_can_take_its_time_to_be_there(
    client: Any, connect: AmazonConnect, clock: Clock, error_type: str
) -> None:
    contact_id = connect.create_contact(visible_after_seconds=90, error_until_visible=error_type)
    another = connect.create_contact()
    ids = {"InstanceId": INSTANCE_ID, "InitialContactId": contact_id}

    for now in (0, 89.9):
        clock.now = now
        with pytest.raises(getattr(client.exceptions, error_type)):
            client.update_contact_attributes(**ids, Attributes={"a": "1"})
        with pytest.raises(getattr(client.exceptions, error_type)):
            client.get_contact_attributes(**ids)
    assert connect.contact(contact_id).attributes == {}
    client.update_contact(InstanceId=INSTANCE_ID, ContactId=another, Name="is there at once")

    clock.now = 90
    client.update_contact_attributes(**ids, Attributes={"a": "1"})
    assert client.get_contact_attributes(**ids)["Attributes"] == {"a": "1"}


def test_new_contact_meets_documented_errors_only(connect: AmazonConnect) -> None:
    with pytest.raises(ValueError, match="expected one of ResourceNotFoundException, InvalidRequestException"):
        connect.create_contact(visible_after_seconds=1, error_until_visible="ThrottlingException")


@pytest.mark.parametrize(
    ("operation", "error_type"),
    [
        (name, error["shape"])
        for name, operation in service_model()["operations"].items()
        for error in operation["errors"]
    ],
)
def test_every_documented_error_can_be_ordered(
    client: Any, connect: AmazonConnect, operation: str, error_type: str
) -> None:
    contact_id = connect.create_contact(name="before")
    connect.inject(documented_error(error_type), operation=operation)
    calls: dict[str, Callable[[], object]] = {
        "UpdateContactAttributes": lambda: client.update_contact_attributes(
            InstanceId=INSTANCE_ID, InitialContactId=contact_id, Attributes={}
        ),
        "UpdateContact": lambda: client.update_contact(InstanceId=INSTANCE_ID, ContactId=contact_id, Name="after"),
    }

    with pytest.raises(getattr(client.exceptions, error_type)):
        calls[operation]()
    calls[operation]()  # only once

    assert connect.calls[operation] == 2


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (BARE_THROTTLE, (429, "429")),
        (TOO_MANY_REQUESTS, (429, "TooManyRequestsException")),
        (ErrorAnswer(503), (503, "503")),
    ],
)
def test_other_answers_can_be_ordered(
    client: Any, connect: AmazonConnect, fault: Fault, expected: tuple[int, str]
) -> None:
    contact_id = connect.create_contact()
    connect.inject(fault)

    with pytest.raises(ClientError) as error:
        client.update_contact(InstanceId=INSTANCE_ID, ContactId=contact_id, Name="after")

    assert code_of(error) == expected


@pytest.mark.parametrize(("fault", "expected"), [(Reset(), ConnectionClosedError), (Hang(5), ReadTimeoutError)])
def test_broken_connections_can_be_ordered(
    client: Any, connect: AmazonConnect, fault: Fault, expected: type[Exception]
) -> None:
    contact_id = connect.create_contact()
    connect.inject(fault)

    with pytest.raises(expected):
        client.update_contact(InstanceId=INSTANCE_ID, ContactId=contact_id, Name="after")


def test_cleared_faults_do_not_strike(client: Any, connect: AmazonConnect) -> None:
    contact_id = connect.create_contact()
    connect.inject(BARE_THROTTLE, calls=5)

    connect.clear_faults()
    client.update_contact(InstanceId=INSTANCE_ID, ContactId=contact_id, Name="after")

    assert connect.contact(contact_id).details == {"Name": "after"}
