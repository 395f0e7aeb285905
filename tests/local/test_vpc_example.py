"""examples/vpc, deployed. The emulator has no networks: this shows that the stacks deploy and the functions answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from botocore.exceptions import ClientError

from connect_constructs.local import LocalAws
from connect_constructs.local.demo import contact_updates_client

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "vpc"


@pytest.fixture(scope="module")
def local() -> Iterator[LocalAws]:
    with LocalAws(EXAMPLE) as local:
        yield local


@pytest.fixture(scope="module")
def local_with_queue() -> Iterator[LocalAws]:
    with LocalAws(EXAMPLE, context={"queue": "true"}) as local:
        yield local


def endpoints(local: LocalAws) -> dict[str, dict[str, Any]]:
    """The properties of the VPC endpoints, by service; there is no other way out of the VPC."""
    template = local.client("cloudformation").get_template(StackName="Vpc")["TemplateBody"]
    types = {resource["Type"] for resource in template["Resources"].values()}
    assert not {"AWS::EC2::NatGateway", "AWS::EC2::InternetGateway", "AWS::EC2::Route"} & types
    found = {}
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::EC2::VPCEndpoint":
            start, region, service = resource["Properties"]["ServiceName"]["Fn::Join"][1]
            assert (start, region) == ("com.amazonaws.", {"Ref": "AWS::Region"})
            found[service.removeprefix(".")] = resource["Properties"]
    return found


def update(local: LocalAws, endpoint: str) -> str:
    """Set an attribute of a new contact as somebody who may do so; the contact's id."""
    contact_id = local.connect.create_contact()
    user = local.create_user(f"crm-{contact_id}", may_invoke=local.invoke_arn(local.rest_apis[0]))
    contact_updates_client(endpoint, user).update_contact_attributes(
        InstanceId=local.connect.instance_ids[0], InitialContactId=contact_id, Attributes={"tier": "gold"}
    )
    return contact_id


def test_function_in_a_vpc_without_nat_updates_a_contact(local: LocalAws) -> None:
    contact_id = update(local, local.endpoint)

    assert local.connect.contact(contact_id).attributes == {"tier": "gold"}


def test_no_subnet_has_a_way_out_but_amazon_connects_endpoint(local: LocalAws) -> None:
    found = endpoints(local)

    assert set(found) == {"connect", "execute-api"}
    assert found["connect"]["PrivateDnsEnabled"] is True
    (statement,) = found["connect"]["PolicyDocument"]["Statement"]
    (instance_id,) = local.connect.instance_ids
    assert statement == {
        "Action": ["connect:UpdateContactAttributes", "connect:UpdateContact"],
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Resource": f"arn:aws:connect:us-east-1:000000000000:instance/{instance_id}/contact/*",
    }


def test_api_is_called_through_its_vpc_endpoint_only(local: LocalAws) -> None:
    (api,) = local.rest_apis
    (endpoint_id,) = api.vpc_endpoint_ids
    output = local.outputs["Vpc"]["Endpoint"]
    directly = local.endpoint_of(api).replace(f"-{endpoint_id}", "")

    assert output == f"https://{api.api_id}-{endpoint_id}.execute-api.us-east-1.amazonaws.com/prod"
    assert "PolicyDocument" not in endpoints(local)["execute-api"]
    assert urllib3.request("POST", f"{directly}/contact/attributes", body=b"{}").status == 403
    with pytest.raises(ClientError, match="Forbidden"):
        update(local, directly)


def test_queued_updates_need_endpoints_of_sqs_and_eventbridge(local_with_queue: LocalAws) -> None:
    local = local_with_queue
    contact_id = update(local, local.endpoint)

    deadline = time.monotonic() + 20
    while local.connect.contact(contact_id).attributes != {"tier": "gold"}:
        assert time.monotonic() < deadline, "the update has not been applied"
        time.sleep(0.1)
    found = endpoints(local)
    assert set(found) == {"connect", "events", "execute-api", "sqs"}
    assert {found[service]["PrivateDnsEnabled"] for service in ("connect", "events", "sqs")} == {True}
