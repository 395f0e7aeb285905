"""Nothing is lost if the visibility timeout cannot be set."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.parsers import ResponseParserError

from connect_constructs.local.faults import BARE_THROTTLE
from tests.handler.proxy import CONTACT_ID
from tests.handler.queue_fakes import NO_ENDPOINT, client_error, raises
from tests.handler.queue_rig import Rig


@pytest.mark.parametrize("error", [NO_ENDPOINT, client_error(BARE_THROTTLE), ResponseParserError("?")])
def test_visibility_that_cannot_be_set_loses_nothing(rig: Rig, error: Exception) -> None:
    message = rig.attributes({"a": "1"})
    rig.fail_for(CONTACT_ID, client_error(BARE_THROTTLE))
    rig.queue_client.trouble = raises(error)

    delivery = rig.deliver()

    assert delivery.failed == [message]
    assert delivery.logs[-1]["outcome"] == "VisibilityNotSet"
    rig.heal()
    rig.clock.advance(1_800)
    assert rig.deliver().outcomes == ["Updated"]


def test_visibility_that_is_set_in_part_only_is_told(rig: Rig) -> None:
    rig.attributes({"a": "1"})

    # Given: the call takes longer than the visibility timeout
    def trouble(_: str, __: dict[str, Any]) -> None:
        rig.clock.advance(2_000)
        raise client_error(BARE_THROTTLE)

    rig.connect.trouble = trouble

    delivery = rig.deliver(seconds=10_000)

    assert delivery.logs[-1] == {"outcome": "VisibilityNotSet", "messages": 1}
    assert len(rig.queue.messages) == 1
