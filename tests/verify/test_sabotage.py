"""Each row can fail: the command against a sabotaged endpoint."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connect_constructs.local import LocalAws
from tests.verify.sabotages import CASES, Case, is_preflight, when
from tests.verify.sabotaging_proxy import Forward, Request, Response, error
from tests.verify.test_deployed import SIGNED_ROWS
from tests.verify.verify_command import ORIGIN, Sabotaged, User, Verify

pytestmark = pytest.mark.usefixtures("unthrottled")


def test_proxy_by_itself_changes_nothing(sabotaged: Sabotaged) -> None:
    ran = sabotaged(lambda request, forward: forward(request), "--json")

    assert (ran.code, ran.failed) == (0, set())


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_sabotage_fails_its_rows_and_no_others(case: Case, sabotaged: Sabotaged) -> None:
    ran = sabotaged(case.sabotage, "--json")

    assert (ran.code, ran.failed) == (1, case.fails), ran.output
    for row in case.fails:
        assert len(ran.rows[row]["meaning"]) > 20
        assert case.says in ran.rows[row]["meaning"]


def test_each_row_can_fail() -> None:
    assert set().union(*(case.fails for case in CASES.values())) == set(SIGNED_ROWS)


@pytest.mark.parametrize(
    "refusal",
    [
        error(403, "MissingAuthenticationTokenException", "The request is not signed, or there is no such path."),
        error(403, "InvalidRequestException", "The request was refused.").with_header(
            "x-amzn-ErrorType", "IncompleteSignatureException"
        ),
        error(403, "InvalidSignatureException", "The signature does not match."),
    ],
    ids=lambda refusal: dict(refusal.headers)["x-amzn-ErrorType"],
)
def test_doubled_slash_may_be_another_path(refusal: Response, sabotaged: Sabotaged) -> None:
    """How API Gateway handles this is unknown; the row says what was seen."""
    ran = sabotaged(when(lambda request: request.path.startswith("//"), lambda _: refusal), "--json")

    assert (ran.code, ran.failed) == (0, set())
    assert "without a trailing slash" in ran.rows["doubled slash before the path"]["seen"]


def test_gateway_response_with_a_type_of_its_own_is_seen(
    local_aws: LocalAws, caller: User, instance_arn: str, verify: Verify
) -> None:
    """API Gateway also sends its own x-amzn-ErrorType (smithy#1170), and so does the local AWS."""
    verify.act_as(caller)
    gateway = local_aws.client("apigateway")
    (api,) = local_aws.rest_apis
    response = {"restApiId": api.api_id, "responseType": "MISSING_AUTHENTICATION_TOKEN"}
    deployed = gateway.get_gateway_response(**response)
    kept = {key: deployed[key] for key in ("statusCode", "responseParameters", "responseTemplates") if key in deployed}
    parameters = {**kept.get("responseParameters", {}), "gatewayresponse.header.x-amzn-ErrorType": "'Mine'"}

    def deploy(changed: dict[str, Any]) -> None:
        gateway.put_gateway_response(**response, **changed)
        gateway.create_deployment(restApiId=api.api_id, stageName=api.stage)

    deploy({**kept, "responseParameters": parameters})
    try:
        ran = verify("--endpoint", local_aws.endpoint, "--instance-arn", instance_arn, "--json")
    finally:
        deploy(kept)

    assert (ran.code, ran.failed) == (1, {"x-amzn-ErrorType"})
    assert "no signature (Mine, MissingAuthenticationTokenException)" in ran.rows["x-amzn-ErrorType"]["seen"]


@pytest.mark.parametrize("number", [1, 2])
def test_answers_to_pages_can_fail(number: int, sabotaged: Sabotaged) -> None:
    """Two of the rows for --origin. The third, the preflight, can also fail without it."""

    def allows_all_but_one(request: Request, forward: Forward) -> Response:
        response = forward(request)
        allowed = (("Access-Control-Allow-Origin", ORIGIN), ("Access-Control-Allow-Methods", "GET, POST"))
        if is_preflight(request):
            return Response(204, (*allowed, ("x-amzn-RequestId", "preflight")), b"")
        is_functions = response.status == 400
        return response if is_functions == (number == 1) else replace(response, headers=response.headers + allowed)

    assert sabotaged(allows_all_but_one, "--origin", ORIGIN, "--json").failed == {
        {1: "function's answer to a page", 2: "API Gateway's answer to a page"}[number]
    }
