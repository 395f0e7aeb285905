"""API Gateway's own errors as a script in a page sees them: type, message, and the exposed headers.

The emulator cannot produce all of them: it does not limit bodies, has its own texts for an IAM user without permission
and for a function that it cannot invoke, and its tokens do not expire in time. tests/constructs checks those in the
template.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.browser.chromium import Chromium, HttpAnswer, Refusal
from tests.browser.deployment import Deployment

STACK = "OwnTokens"


def request(deployment: Deployment, contact_id: str, **headers: str | None) -> dict[str, Any]:
    """The options of `fetch` for a valid request. `headers` replace its headers; None removes one."""
    config = deployment.own_tokens(contact_id)
    sent = {
        "Content-Type": "application/json",
        "Authorization": config["authorization"],
        "X-Api-Key": config["apiKey"],
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    body = {"InstanceId": deployment.instance_id, "InitialContactId": contact_id, "Attributes": {"tier": "gold"}}
    return {
        "method": "POST",
        "headers": {name: value for name, value in sent.items() if value is not None},
        "body": json.dumps(body),
    }


def answer_to(page: Chromium, deployment: Deployment, options: dict[str, Any]) -> HttpAnswer:
    answer = page.fetch(f"{deployment.endpoint(STACK)}/contact/attributes", **options)
    assert isinstance(answer, HttpAnswer), answer
    return answer


def assert_readable(answer: HttpAnswer, status: int, error_type: str) -> None:
    body = json.loads(answer.body)
    assert (answer.status, body["__type"]) == (status, error_type)
    assert body["message"] == body["Message"] != ""
    assert answer.headers["x-amzn-requestid"]
    assert answer.headers["x-amzn-errortype"]


def test_missing_token(page: Chromium, deployment: Deployment, contact_id: str) -> None:
    answer = answer_to(page, deployment, request(deployment, contact_id, Authorization=None))

    assert_readable(answer, 401, "UnauthorizedException")


def test_missing_api_key(page: Chromium, deployment: Deployment, contact_id: str) -> None:
    answer = answer_to(page, deployment, request(deployment, contact_id, X_Api_Key=None))

    assert_readable(answer, 403, "AccessDeniedException")


def test_body_without_required_members(page: Chromium, deployment: Deployment, contact_id: str) -> None:
    options = {**request(deployment, contact_id), "body": '{"Attributes": {"tier": "gold"}}'}

    answer = answer_to(page, deployment, options)

    assert_readable(answer, 400, "InvalidRequestException")
    assert "gold" not in answer.body


def test_foreign_media_type(page: Chromium, deployment: Deployment, contact_id: str) -> None:
    answer = answer_to(page, deployment, request(deployment, contact_id, Content_Type="text/csv"))

    assert_readable(answer, 415, "UnsupportedMediaTypeException")


def test_unknown_path(page: Chromium, deployment: Deployment) -> None:
    # Without special headers a request needs no preflight, which an unknown path could not answer.
    answer = page.fetch(f"{deployment.endpoint(STACK)}/nowhere")

    assert isinstance(answer, HttpAnswer)
    assert_readable(answer, 403, "MissingAuthenticationTokenException")


def test_authorization_that_is_no_signature(page: Chromium, deployment: Deployment) -> None:
    url = f"{deployment.endpoint('CognitoCredentials')}/contact/attributes"

    answer = page.fetch(url, method="POST", headers={"Authorization": "Bearer no-signature"}, body="{}")

    assert isinstance(answer, HttpAnswer)
    assert_readable(answer, 403, "InvalidRequestException")


def test_failing_authorizer(page: Chromium, deployment: Deployment, contact_id: str) -> None:
    options = request(deployment, contact_id, Authorization=f"Bearer {deployment.token(contacts=['not-seen-before'])}")
    kms, key = deployment.local.client("kms"), deployment.output(STACK, "TokenKeyArn")

    with undone(lambda: kms.disable_key(KeyId=key), lambda: kms.enable_key(KeyId=key)):
        answer = answer_to(page, deployment, options)

    assert_readable(answer, 500, "InternalServiceException")


def test_throttled_by_the_stage(page: Chromium, deployment: Deployment, contact_id: str) -> None:
    with undone(lambda: set_burst(deployment, 0), lambda: set_burst(deployment, 15)):
        answer = answer_to(page, deployment, request(deployment, contact_id))
    # The bucket is now empty and fills at ten a second. The next test needs two.
    time.sleep(0.5)

    assert_readable(answer, 429, "ThrottlingException")
    assert answer.headers["retry-after"] == "1"


def test_quota_of_the_api_key_used_up(page: Chromium, deployment: Deployment, contact_id: str) -> None:
    gateway = deployment.local.client("apigateway")
    (plan,) = [
        plan
        for plan in gateway.get_usage_plans()["items"]
        if deployment.output(STACK, "ApiId") in {stage["apiId"] for stage in plan["apiStages"]}
    ]

    def set_quota(operations: list[dict[str, str]]) -> None:
        gateway.update_usage_plan(usagePlanId=plan["id"], patchOperations=operations)

    quota = [
        {"op": "replace", "path": "/quota/limit", "value": "1"},
        {"op": "replace", "path": "/quota/period", "value": "DAY"},
    ]
    with undone(lambda: set_quota(quota), lambda: set_quota([{"op": "remove", "path": "/quota"}])):
        answers = [answer_to(page, deployment, request(deployment, contact_id)) for _ in range(2)]

    assert_readable(answers[-1], 429, "LimitExceededException")
    assert answers[-1].headers["retry-after"] == "1"


def test_page_of_another_origin_reads_no_error(foreign_page: Chromium, deployment: Deployment, contact_id: str) -> None:
    url = f"{deployment.endpoint(STACK)}/contact/attributes"

    for options in ({}, {"method": "POST"}, request(deployment, contact_id), {"method": "POST", "body": "{}"}):
        assert foreign_page.fetch(url, **options) == Refusal("TypeError", "Failed to fetch")


@contextmanager
def undone(do: Callable[[], Any], undo: Callable[[], Any]) -> Iterator[None]:
    do()
    try:
        yield
    finally:
        undo()


def set_burst(deployment: Deployment, limit: int) -> None:
    deployment.local.client("apigateway").update_stage(
        restApiId=deployment.output(STACK, "ApiId"),
        stageName="prod",
        patchOperations=[{"op": "replace", "path": "/*/*/throttling/burstLimit", "value": str(limit)}],
    )
