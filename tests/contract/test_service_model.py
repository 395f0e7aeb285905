"""What the contract holds, and that the SDK takes it for a service model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import botocore
import pytest
from botocore.loaders import Loader

from contact_updates.aws_session import AwsSession
from contact_updates.connect_target import ConnectTarget, connect_client
from contact_updates.contract import SDK_MODELS
from tools.cut_service_model import CONTRACT

Model = dict[str, Any]

OPERATIONS = ("UpdateContactAttributes", "UpdateContact")


@pytest.fixture(scope="module")
def contract() -> Model:
    model: Model = json.loads(CONTRACT.read_text())
    return model


@pytest.fixture(scope="module")
def botocore_model() -> Model:
    loader = Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
    model: Model = loader.load_service_model("connect", "service-2", "2017-08-08")
    return model


def reached(shapes: Model, name: str, seen: set[str]) -> set[str]:
    if name not in seen:
        seen.add(name)
        shape = shapes[name]
        for inner in (
            *shape.get("members", {}).values(),
            *(shape[k] for k in ("key", "value", "member") if k in shape),
        ):
            reached(shapes, inner["shape"], seen)
    return seen


def keys_and_texts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield key, item
            yield from keys_and_texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from keys_and_texts(item)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_shape_of_an_operation_is_in_with_all_its_members(
    contract: Model, botocore_model: Model, operation: str
) -> None:
    source = botocore_model["operations"][operation]
    references = [source["input"], source["output"], *source["errors"]]

    for name in set().union(
        *(reached(botocore_model["shapes"], reference["shape"], set()) for reference in references)
    ):
        assert (
            contract["shapes"][name].get("members", {}).keys()
            == botocore_model["shapes"][name].get("members", {}).keys()
        )


def test_every_member_of_update_contact_is_in(contract: Model) -> None:
    assert contract["shapes"]["UpdateContactRequest"]["members"].keys() == {
        "InstanceId",
        "ContactId",
        "Name",
        "Description",
        "References",
        "SegmentAttributes",
        "QueueInfo",
        "UserInfo",
        "CustomerEndpoint",
        "SystemEndpoint",
        "AdditionalRecipients",
    }


def test_segment_attributes_are_recursive(contract: Model) -> None:
    members = contract["shapes"]["SegmentAttributeValue"]["members"]

    assert contract["shapes"][members["ValueMap"]["shape"]]["value"] == {"shape": "SegmentAttributeValue"}
    assert contract["shapes"][members["ValueList"]["shape"]]["member"] == {"shape": "SegmentAttributeValue"}


def test_contract_holds_no_documentation(contract: Model) -> None:
    assert [text for key, text in keys_and_texts(contract) if key == "documentation" and isinstance(text, str)] == []


@pytest.mark.parametrize(
    ("operation", "errors"),
    [
        (
            "UpdateContactAttributes",
            {
                "InvalidRequestException": 400,
                "InvalidParameterException": 400,
                "InvalidActiveRegionException": 400,
                "ResourceNotFoundException": 404,
                "InternalServiceException": 500,
            },
        ),
        (
            "UpdateContact",
            {
                "InvalidRequestException": 400,
                "InvalidParameterException": 400,
                "InvalidActiveRegionException": 400,
                "AccessDeniedException": 403,
                "ResourceNotFoundException": 404,
                "ConflictException": 409,
                "ThrottlingException": 429,
                "InternalServiceException": 500,
            },
        ),
    ],
)
def test_errors_have_their_documented_statuses(contract: Model, operation: str, errors: dict[str, int]) -> None:
    stated = [reference["shape"] for reference in contract["operations"][operation]["errors"]]

    assert {name: contract["shapes"][name]["error"]["httpStatusCode"] for name in stated} == errors


def test_boto3_makes_a_client_of_the_contract_alone() -> None:
    session = botocore.session.get_session()
    session.get_component("data_loader").search_paths.insert(0, str(SDK_MODELS))

    client = boto3.Session(botocore_session=session).client("connect", region_name="us-east-1")

    assert set(client.meta.method_to_api_mapping.values()) == set(OPERATIONS)
    assert client.meta.service_model.signing_name == "connect"


def test_connect_client_calls_by_the_contract_and_not_by_the_installed_model() -> None:
    client = ConnectTarget(connect_client(AwsSession(), "us-east-1"))

    # botocore's own model has hundreds of operations.
    assert set(client._calls) == set(OPERATIONS)
