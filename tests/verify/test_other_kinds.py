"""The command against an endpoint with CORS, an API key and allowed attributes, and against one with an authorizer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connect_constructs.local import LocalAws
from connect_constructs.local.rest_api import RestApi
from tests.verify.test_deployed import SIGNED_ROWS
from tests.verify.verify_command import User, Verify


@pytest.fixture(scope="module")
def local() -> Iterator[LocalAws]:
    with LocalAws(Path(__file__).with_name("app")) as local:
        yield local


@pytest.fixture(scope="module")
def arn(local: LocalAws) -> str:
    return f"arn:aws:connect:us-east-1:000000000000:instance/{local.connect.instance_ids[0]}"


@pytest.fixture(scope="module")
def page(local: LocalAws) -> RestApi:
    return _api(local, "Page")


@pytest.fixture(scope="module")
def user(local: LocalAws, page: RestApi) -> User:
    return local.create_user("page", may_invoke=local.invoke_arn(page))


def test_page_with_an_api_key(
    local: LocalAws,
    arn: str,
    page: RestApi,
    user: User,
    verify: Verify,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    verify.act_as(user)
    assert page.api_key
    monkeypatch.setenv("CONTACT_UPDATES_API_KEY", page.api_key)
    options = ["--endpoint", local.endpoint_of(page), "--instance-arn", arn, "--attribute", "tier"]
    options += ["--member", "References.Ticket"]

    ran = verify(*options, "--origin", "https://crm.example.com", "--json")

    assert ran.failed == set(), ran.output
    assert ran.code == 0
    assert [row for row in ran.rows if row not in SIGNED_ROWS] == [
        "no API key",
        "function's answer to a page",
        "API Gateway's answer to a page",
    ]
    assert ran.rows["preflight (OPTIONS)"]["seen"] == '204; CORS is on, for "https://crm.example.com"'

    # Without --origin, the command only expects that CORS does not allow every origin.
    assert verify(*options, "--json").failed == set()

    # Pages of another origin cannot read anything.
    assert verify(*options, "--origin", "https://other.example.com", "--json").failed == {
        "preflight (OPTIONS)",
        "function's answer to a page",
        "API Gateway's answer to a page",
    }


def test_attribute_or_member_that_may_not_be_written_is_explained(
    local: LocalAws, arn: str, page: RestApi, user: User, verify: Verify
) -> None:
    verify.act_as(user)
    assert page.api_key

    ran = verify("--endpoint", local.endpoint_of(page), "--instance-arn", arn, "--api-key", page.api_key, "--json")

    assert ran.failed == {
        "UpdateContactAttributes",
        "UpdateContact",
        "doubled slash before the path",
        "ARN as a path label, encoded",
    }
    assert ran.rows["UpdateContactAttributes"]["seen"] == (
        '403 AccessDeniedException "This endpoint does not write 1 of the attributes that were sent. It writes: tier."'
    )
    assert "needs one of its keys as --attribute" in ran.rows["UpdateContactAttributes"]["meaning"]
    assert ran.rows["UpdateContact"]["seen"] == (
        '403 AccessDeniedException "This endpoint does not write 1 of the members that were sent. '
        'It writes: References.Ticket."'
    )
    assert "one of its names as --member" in ran.rows["UpdateContact"]["meaning"]
    assert page.api_key not in ran.output


def test_authorizer_and_one_operation(
    local: LocalAws, arn: str, verify: Verify, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No AWS credentials are needed."""
    api = _api(local, "Token")
    options = ["--endpoint", local.endpoint_of(api), "--instance-arn", arn, "--json"]
    right = ["--header", "Authorization: Bearer right-token"]

    ran = verify(*options, *right, "--operation", "UpdateContact")

    assert ran.failed == set(), ran.output
    unsigned = ["no signature", "wrong signature", "signature that is too old", "UpdateContactAttributes"]
    assert set(unsigned).isdisjoint(ran.rows)
    assert {"no token", "wrong token"} <= ran.rows.keys()

    both = verify(*options, *right)
    assert "say which: --operation" in both.rows["UpdateContactAttributes"]["meaning"]

    monkeypatch.setenv("CONTACT_UPDATES_HEADER", "Authorization: Bearer wrong-token")
    wrong = verify(*options, "--operation", "UpdateContact")
    assert (wrong.code, wrong.rows["UpdateContact"]["answer"]["status"]) == (1, 403)
    assert "wrong-token" not in wrong.output


def _api(local: LocalAws, stack_name: str) -> RestApi:
    (api,) = (api for api in local.rest_apis if api.stack_name == stack_name)
    return api
