"""Behaviour that only the AWS SDK for JavaScript has."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.clients.cases import PRIVATE, UPDATE_CONTACT_ATTRIBUTES
from tests.clients.client_names import JAVASCRIPT
from tests.clients.special_rows import TRAILING_SLASH
from tests.clients.table import Cells
from tests.clients.target import ClientNamed, TargetName, Targets


@pytest.mark.parametrize("target_name", TargetName)
def test_takes_an_endpoint_that_ends_with_a_slash(
    target_name: TargetName, client_named: ClientNamed, targets: Targets, cells: Cells
) -> None:
    client, target = client_named(JAVASCRIPT), targets[target_name]
    contact_id = target.connect.create_contact()
    attributes = {"tier": PRIVATE}

    with cells.recorded(target_name, TRAILING_SLASH, JAVASCRIPT):
        call = target.call(
            UPDATE_CONTACT_ATTRIBUTES,
            {"InstanceId": target.instance_id, "InitialContactId": contact_id, "Attributes": attributes},
        )
        answer = client.call(replace(call, url=f"{target.url}/"))

        assert (answer.status, answer.error_type) == (200, None)
        assert target.connect.contact(contact_id).attributes == attributes
