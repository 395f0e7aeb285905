"""A page updates contacts of an endpoint of another origin in a real browser, and reads the answers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from connect_constructs.contract.service_model import service_model
from connect_constructs.local.faults import documented_error
from tests.browser.chromium import Chromium, Refusal
from tests.browser.deployment import Deployment

FETCH = "/contact_updates.js"
SDK = "/sdk.bundle.js"

BLOCKED = Refusal("TypeError", "Failed to fetch")


def test_agent_saves_an_attribute_in_the_form(
    page: Chromium, deployment: Deployment, contact_id: str, tmp_path: Path
) -> None:
    page.fill("[name=key]", "tier")
    page.fill("[name=value]", "gold")
    page.click("button")

    assert page.read("output") == "Saved."
    assert deployment.connect.contact(contact_id).attributes == {"tier": "gold"}
    page.screenshot(Path(os.environ.get("BROWSER_SCREENSHOT", tmp_path / "page.png")))


def test_agent_reads_in_the_form_why_a_contact_is_refused(page: Chromium) -> None:
    page.fill("[name=contact]", "somebody-elses")
    page.fill("[name=key]", "tier")
    page.click("button")

    assert page.read("output") == "AccessDeniedException: The caller may not update this contact."


def test_fetch_sets_details(page: Chromium, deployment: Deployment, contact_id: str) -> None:
    config = deployment.own_tokens(contact_id)

    assert page.call(FETCH, "updateContact", config, contact_id, {"Name": "Order 1047"}) is None
    assert deployment.connect.contact(contact_id).details == {"Name": "Order 1047"}


def test_fetch_with_a_cognito_token_updates(page: Chromium, deployment: Deployment, contact_id: str) -> None:
    config = deployment.cognito_tokens

    assert page.call(FETCH, "updateContactAttributes", config, contact_id, {"tier": "gold"}) is None
    assert deployment.connect.contact(contact_id).attributes == {"tier": "gold"}


@pytest.mark.parametrize("authorization", ["", "Bearer no-token", "a.b.c"])
def test_fetch_with_a_wrong_cognito_token_is_unauthorized(
    page: Chromium, deployment: Deployment, contact_id: str, authorization: str
) -> None:
    config = {**deployment.cognito_tokens, "authorization": authorization}

    refusal = page.call(FETCH, "updateContactAttributes", config, contact_id, {"tier": "gold"})

    assert refusal == Refusal("UnauthorizedException", "The request carries no valid token.")


def test_sdk_with_cognito_credentials_updates(page: Chromium, deployment: Deployment, contact_id: str) -> None:
    config = deployment.cognito_credentials

    assert page.call(SDK, "updateContactAttributes", config, contact_id, {"tier": "gold"}) is None
    assert deployment.connect.contact(contact_id).attributes == {"tier": "gold"}


@pytest.mark.parametrize(
    "error_type",
    [shape["shape"] for shape in service_model()["operations"]["UpdateContactAttributes"]["errors"]],
)
def test_sdk_and_fetch_read_the_same_typed_error(
    page: Chromium, deployment: Deployment, contact_id: str, error_type: str
) -> None:
    refusals = []
    for module, config in ((FETCH, deployment.own_tokens(contact_id)), (SDK, deployment.cognito_credentials)):
        # More attempts than the handler and the SDK make together after a 5xx.
        deployment.connect.inject(documented_error(error_type), calls=100)
        refusals.append(page.call(module, "updateContactAttributes", config, contact_id, {"tier": "gold"}))
        deployment.connect.clear_faults()

    assert refusals[0] == refusals[1]
    assert refusals[0]
    assert refusals[0].name == error_type
    assert refusals[0].message


def test_sdk_reads_why_an_attribute_is_refused(page: Chromium, deployment: Deployment, contact_id: str) -> None:
    refusal = page.call(SDK, "updateContactAttributes", deployment.cognito_credentials, contact_id, {"vip": "yes"})

    assert refusal == Refusal(
        "AccessDeniedException",
        "This endpoint does not write 1 of the attributes that were sent. It writes: language, tier.",
    )


def test_sdk_reads_that_a_signature_is_wrong(page: Chromium, deployment: Deployment, contact_id: str) -> None:
    config = deployment.cognito_credentials
    config = {**config, "credentials": {**config["credentials"], "secretAccessKey": "wrong"}}

    refusal = page.call(SDK, "updateContactAttributes", config, contact_id, {"tier": "gold"})

    assert refusal == Refusal(
        "InvalidSignatureException",
        "The signature of the request does not match. Check the secret access key, the Region, the service "
        "(execute-api), and that the path is signed as Signature Version 4 encodes it.",
    )


def test_page_of_another_origin_gets_nothing(foreign_page: Chromium, deployment: Deployment, contact_id: str) -> None:
    calls: list[tuple[str, dict[str, Any]]] = [
        (FETCH, deployment.own_tokens(contact_id)),
        (FETCH, deployment.cognito_tokens),
        (SDK, deployment.cognito_credentials),
    ]

    for module, config in calls:
        assert foreign_page.call(module, "updateContactAttributes", config, contact_id, {"tier": "gold"}) == BLOCKED
    assert deployment.connect.contact(contact_id).attributes == {"tier": "silver"}
