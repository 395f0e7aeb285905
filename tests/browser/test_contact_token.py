"""With the example's own tokens, an agent can only update the contacts in the token."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.browser.deployment import Deployment


def answer_to(config: dict[str, Any], path: str, body: dict[str, Any]) -> tuple[int, str]:
    """The status and error type of a call. The type is empty on success."""
    headers = {"Content-Type": "application/json", "Authorization": config["authorization"]}
    request = urllib.request.Request(  # noqa: S310 - the local endpoint's http
        config["endpoint"] + path,
        data=json.dumps(body).encode(),
        headers={**headers, "X-Api-Key": config["apiKey"]},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return answer.status, ""
    except urllib.error.HTTPError as error:
        with error:
            return error.code, str(json.load(error)["__type"])


def set_attributes(config: dict[str, Any], contact_id: str) -> tuple[int, str]:
    body = {"InstanceId": config["instanceId"], "InitialContactId": contact_id, "Attributes": {"tier": "gold"}}
    return answer_to(config, "/contact/attributes", body)


def set_name(config: dict[str, Any], contact_id: str) -> tuple[int, str]:
    return answer_to(config, f"/contacts/{config['instanceId']}/{contact_id}", {"Name": "Order 1047"})


@pytest.mark.parametrize("update", [set_attributes, set_name])
def test_token_writes_its_own_contact_only(deployment: Deployment, contact_id: str, update: Any) -> None:
    other = deployment.connect.create_contact()
    config = deployment.own_tokens(contact_id)

    assert update(config, contact_id) == (200, "")
    assert update(config, other) == (403, "AccessDeniedException")
    assert deployment.connect.contact(other).attributes == {}
    assert deployment.connect.contact(other).details == {}


def test_token_writes_each_of_several_contacts(deployment: Deployment) -> None:
    contacts = [deployment.connect.create_contact() for _ in range(2)]
    config = {**deployment.own_tokens(contacts[0]), "authorization": f"Bearer {deployment.token(contacts=contacts)}"}

    assert [set_attributes(config, contact) for contact in contacts] == [(200, "")] * 2


def test_token_for_no_contact_is_refused(deployment: Deployment, contact_id: str) -> None:
    config = {**deployment.own_tokens(contact_id), "authorization": f"Bearer {deployment.token(contacts=[])}"}

    assert set_attributes(config, contact_id) == (401, "UnauthorizedException")


def test_token_writes_what_it_names_and_never_more_than_the_endpoint_allows(
    deployment: Deployment, contact_id: str
) -> None:
    ids = {"InstanceId": deployment.instance_id, "InitialContactId": contact_id}
    path = f"/contacts/{deployment.instance_id}/{contact_id}"

    def answers(**claims: Any) -> list[int]:
        token = deployment.token(contacts=[contact_id], **claims)
        config = {**deployment.own_tokens(contact_id), "authorization": f"Bearer {token}"}
        reference = {"Type": "STRING", "Value": "1"}
        return [
            answer_to(config, "/contact/attributes", {**ids, "Attributes": {"tier": "gold"}})[0],
            answer_to(config, "/contact/attributes", {**ids, "Attributes": {"vip": "yes"}})[0],
            answer_to(config, path, {"Name": "Order 1047"})[0],
            answer_to(config, path, {"References": {"Ticket": reference}})[0],
            answer_to(config, path, {"References": {"Other": reference}})[0],
            answer_to(config, path, {"UserInfo": {"UserId": "another-agent"}})[0],
        ]

    assert answers() == [200, 403, 200, 200, 200, 403]
    assert answers(attributes=["language"], members=["References.Ticket", "UserInfo"]) == [403, 403, 403, 200, 403, 403]
    assert answers(attributes=["tier", "vip"]) == [200, 403, 200, 200, 200, 403]
    assert answers(attributes=[], members=[]) == [403] * 6


def test_expired_token_is_refused(deployment: Deployment, contact_id: str) -> None:
    token = deployment.token(contacts=[contact_id], exp=int(time.time()) - 1)
    config = {**deployment.own_tokens(contact_id), "authorization": f"Bearer {token}"}

    assert set_attributes(config, contact_id) == (401, "UnauthorizedException")


def test_changed_token_is_refused(deployment: Deployment, contact_id: str) -> None:
    header, claims, signature = deployment.token(contacts=[contact_id]).split(".")
    other_claims = deployment.token(contacts=["somebody-elses"]).split(".")[1]
    config = deployment.own_tokens(contact_id)

    for token in (
        f"{header}.{other_claims}.{signature}",
        f"{header}.{claims}.{signature[::-1]}",
        f"{header}.{claims}.",
        f"{header}.{claims}",
        "x" * 5000,
        "",
    ):
        changed = {**config, "authorization": f"Bearer {token}"}
        assert set_attributes(changed, "somebody-elses") == (401, "UnauthorizedException")
