"""CreateContact of the in-memory Amazon Connect, with which users add contacts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config

from connect_constructs.local.amazon_connect import AmazonConnect
from connect_constructs.local.connect_server import ConnectServer

INSTANCE_ID = "12345678-1234-1234-1234-123456789012"
INSTANCE_ARN = f"arn:aws:connect:us-east-1:111122223333:instance/{INSTANCE_ID}"


@pytest.fixture
def connect() -> AmazonConnect:
    connect = AmazonConnect()
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
            config=Config(retries={"total_max_attempts": 1}),
        )


def test_created_contact_can_be_updated(client: Any, connect: AmazonConnect) -> None:
    created = client.create_contact(
        InstanceId=INSTANCE_ID, Channel="TASK", InitiationMethod="API", Name="n", Attributes={"a": "1"}
    )

    contact_id = created["ContactId"]
    assert created["ContactArn"] == f"{INSTANCE_ARN}/contact/{contact_id}"
    client.update_contact_attributes(InstanceId=INSTANCE_ID, InitialContactId=contact_id, Attributes={"b": "2"})
    contact = connect.contact(contact_id)
    assert (contact.attributes, contact.details) == ({"a": "1", "b": "2"}, {"Name": "n"})


def test_unknown_instance_is_not_found(client: Any) -> None:
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.create_contact(InstanceId="another", Channel="TASK", InitiationMethod="API")


def test_channel_that_amazon_connect_does_not_create_is_refused(client: Any) -> None:
    with pytest.raises(client.exceptions.InvalidRequestException, match="expected one of TASK/API, VOICE/TRANSFER"):
        client.create_contact(InstanceId=INSTANCE_ID, Channel="CHAT", InitiationMethod="API")
