"""What the command says if the caller, the instance, the Region or the URL is wrong."""

from __future__ import annotations

import pytest

from connect_constructs.local import LocalAws
from tests.verify.sabotaging_proxy import Forward, Request, Response, error
from tests.verify.verify_command import Sabotaged, User, Verify

pytestmark = pytest.mark.usefixtures("unthrottled")


def test_wrong_instance_is_seen(local_aws: LocalAws, caller: User, instance_arn: str, verify: Verify) -> None:
    verify.act_as(caller)
    other = instance_arn.rpartition("/")[0] + "/00000000-0000-4000-8000-000000000000"

    ran = verify("--endpoint", local_aws.endpoint, "--instance-arn", other)

    assert ran.code == 1
    assert "bound to an instance other than --instance-arn" in " ".join(ran.output.split())
    assert ran.output.endswith("\n\n4 of 14 rows failed\n")


def test_caller_without_permission_is_told(local_aws: LocalAws, instance_arn: str, verify: Verify) -> None:
    verify.act_as(local_aws.create_user("verify-stranger", may_invoke=None))

    ran = verify("--endpoint", local_aws.endpoint, "--instance-arn", instance_arn, "--json")

    assert ran.code == 1
    assert {"another instance", "UpdateContact", "UpdateContactAttributes"} <= ran.failed
    assert "execute-api:Invoke" in ran.rows["UpdateContact"]["meaning"]


def test_unknown_access_key_is_told(local_aws: LocalAws, instance_arn: str, verify: Verify) -> None:
    verify.act_as(("AKIANOBODYSKEY000000", "nobodys-secret"))

    ran = verify("--endpoint", local_aws.endpoint, "--instance-arn", instance_arn, "--json")

    assert ran.code == 1
    assert "AWS does not know this access key" in ran.rows["UpdateContact"]["meaning"]


def test_wrong_region_is_told(local_aws: LocalAws, caller: User, instance_arn: str, sabotaged: Sabotaged) -> None:
    def demands_its_region(request: Request, forward: Forward) -> Response:
        # The emulator does not check the Region.
        if "/us-east-1/" in (request.header("authorization") or "/us-east-1/"):
            return forward(request)
        return error(403, "InvalidSignatureException", "The signature does not match.")

    assert sabotaged(demands_its_region, "--json").code == 0
    ran = sabotaged(demands_its_region, "--json", "--region", "eu-west-2")

    assert ran.code == 1
    assert "--region" in ran.rows["UpdateContact"]["meaning"]


def test_wrong_path_of_the_endpoint_is_told(
    local_aws: LocalAws, caller: User, instance_arn: str, verify: Verify
) -> None:
    verify.act_as(caller)

    ran = verify("--endpoint", f"{local_aws.endpoint}/contact", "--instance-arn", instance_arn, "--json")

    assert ran.code == 1
    assert "There is no such path at this URL" in ran.rows["UpdateContact"]["meaning"]
