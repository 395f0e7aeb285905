"""examples/vpc, deployed. The emulator has no networks: this shows that the stack deploys and the function answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connect_constructs.local import LocalAws
from connect_constructs.local.demo import contact_updates_client

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "vpc"


@pytest.fixture(scope="module")
def local() -> Any:
    with LocalAws(EXAMPLE) as local:
        yield local


def test_function_in_a_vpc_without_nat_updates_a_contact(local: LocalAws) -> None:
    contact_id, instance_id = local.connect.create_contact(), local.connect.instance_ids[0]
    user = local.create_user("crm", may_invoke=local.invoke_arn(local.rest_apis[0]))

    contact_updates_client(local.endpoint, user).update_contact_attributes(
        InstanceId=instance_id, InitialContactId=contact_id, Attributes={"tier": "gold"}
    )

    assert local.connect.contact(contact_id).attributes == {"tier": "gold"}


def test_no_subnet_has_a_way_out_but_amazon_connects_endpoint(local: LocalAws) -> None:
    template = local.client("cloudformation").get_template(StackName="Vpc")["TemplateBody"]
    types = [resource["Type"] for resource in template["Resources"].values()]
    (endpoint,) = [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::EC2::VPCEndpoint"
    ]

    assert not {"AWS::EC2::NatGateway", "AWS::EC2::InternetGateway", "AWS::EC2::Route"} & set(types)
    assert endpoint["ServiceName"] == {"Fn::Join": ["", ["com.amazonaws.", {"Ref": "AWS::Region"}, ".connect"]]}
    assert endpoint["PrivateDnsEnabled"] is True
    (statement,) = endpoint["PolicyDocument"]["Statement"]
    (instance_id,) = local.connect.instance_ids
    assert statement == {
        "Action": ["connect:UpdateContactAttributes", "connect:UpdateContact"],
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Resource": f"arn:aws:connect:us-east-1:000000000000:instance/{instance_id}/contact/*",
    }
