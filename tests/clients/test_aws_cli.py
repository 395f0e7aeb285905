"""Features that only the AWS CLI has."""

from __future__ import annotations

import json

import pytest

from tests.clients.aws_cli import AwsCli
from tests.clients.cases import PRIVATE, UPDATE_CONTACT_ATTRIBUTES
from tests.clients.client_names import AWS_CLIS
from tests.clients.special_rows import SHORTHAND, SKELETON
from tests.clients.table import Cells
from tests.clients.target import ClientNamed, TargetName, Targets

pytestmark = [
    pytest.mark.parametrize("client_name", AWS_CLIS),
    pytest.mark.parametrize("target_name", TargetName),
]


def test_takes_attributes_in_shorthand(
    client_name: str, target_name: TargetName, client_named: ClientNamed, targets: Targets, cells: Cells
) -> None:
    cli, target = client_named(client_name), targets[target_name]
    assert isinstance(cli, AwsCli)
    contact_id = target.connect.create_contact()

    with cells.recorded(target_name, SHORTHAND, client_name):
        finished = cli.command(
            target.call(UPDATE_CONTACT_ATTRIBUTES, {}),
            *("--instance-id", target.instance_id),
            *("--initial-contact-id", contact_id),
            *("--attributes", "greetingPlayed=false"),
        )

        assert (finished.status, finished.output, finished.errors) == (0, "", "")
        assert target.connect.contact(contact_id).attributes == {"greetingPlayed": "false"}


def test_takes_its_own_skeleton_filled_in(
    client_name: str, target_name: TargetName, client_named: ClientNamed, targets: Targets, cells: Cells
) -> None:
    cli, target = client_named(client_name), targets[target_name]
    assert isinstance(cli, AwsCli)
    contact_id = target.connect.create_contact()

    with cells.recorded(target_name, SKELETON, client_name):
        call = target.call(UPDATE_CONTACT_ATTRIBUTES, {})
        printed = cli.command(call, "--generate-cli-skeleton")
        skeleton = json.loads(printed.output)
        assert skeleton.keys() == {"InitialContactId", "InstanceId", "Attributes"}
        filled_in = {
            **skeleton,
            "InitialContactId": contact_id,
            "InstanceId": target.instance_id,
            "Attributes": {"tier": PRIVATE},
        }
        finished = cli.command(call, "--cli-input-json", json.dumps(filled_in))

        assert (finished.status, finished.output, finished.errors) == (0, "", "")
        assert target.connect.contact(contact_id).attributes == {"tier": PRIVATE}
