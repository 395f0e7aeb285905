"""The command against a correct deployed endpoint."""

from __future__ import annotations

import uuid

import pytest

from connect_constructs.local import LocalAws
from tests.verify.verify_command import User, Verify

SIGNED_ROWS = [
    "another instance",
    "UpdateContactAttributes",
    "UpdateContact",
    "ARN as a path label, encoded",
    "doubled slash before the path",
    "body that breaks the contract",
    "another content type",
    "no signature",
    "wrong signature",
    "signature that is too old",
    "unknown path",
    "preflight (OPTIONS)",
    "x-amzn-ErrorType",
    "x-amzn-RequestId",
]


def test_all_rows_are_as_expected(local_aws: LocalAws, caller: User, instance_arn: str, verify: Verify) -> None:
    verify.act_as(caller)

    ran = verify("--endpoint", local_aws.endpoint, "--instance-arn", instance_arn)

    assert ran.code == 0, ran.output
    assert ran.errors == ""
    assert ran.output.endswith("\n\nall 14 rows as expected\n")
    assert '404 ResourceNotFoundException "Contact not found"' in ran.output


def test_json_has_what_the_table_has_and_the_answers(
    local_aws: LocalAws, caller: User, instance_arn: str, verify: Verify
) -> None:
    verify.act_as(caller)

    ran = verify("--endpoint", f"{local_aws.endpoint}/", "--instance-arn", instance_arn, "--json")

    document = ran.document
    assert [row["row"] for row in document.pop("rows")] == SIGNED_ROWS
    assert document == {
        "endpoint": local_aws.endpoint,
        "instanceArn": instance_arn,
        "region": "us-east-1",
        "passed": True,
    }
    row = ran.rows["UpdateContact"]
    (request_id,) = row["answer"].pop("requestIds")
    assert uuid.UUID(request_id)
    assert row == {
        "row": "UpdateContact",
        "expected": "404 ResourceNotFoundException of Amazon Connect itself; with a queue, 202",
        "seen": '404 ResourceNotFoundException "Contact not found"',
        "passed": True,
        "meaning": None,
        "answer": {
            "status": 404,
            "type": "ResourceNotFoundException",
            "errorTypeHeaders": ["ResourceNotFoundException"],
            "updateId": None,
        },
    }


def test_no_contact_is_touched(local_aws: LocalAws, caller: User, instance_arn: str, verify: Verify) -> None:
    """Each run uses new contact ids, which do not exist."""
    verify.act_as(caller)
    contact_id = local_aws.connect.create_contact(attributes={"tier": "silver"}, name="Before")
    asked: list[str] = []
    perform = local_aws.connect.perform

    def watched(operation: str, parameters: dict[str, str]) -> object:
        asked.append(parameters.get("ContactId") or parameters["InitialContactId"])
        return perform(operation, parameters)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_aws.connect, "perform", watched)
        for _ in range(2):
            assert verify("--endpoint", local_aws.endpoint, "--instance-arn", instance_arn).code == 0

    assert len(set(asked)) == 4
    assert all(uuid.UUID(each).version == 4 for each in asked)
    assert local_aws.connect.contact(contact_id).attributes == {"tier": "silver"}
    assert local_aws.connect.contact(contact_id).details == {"Name": "Before"}
