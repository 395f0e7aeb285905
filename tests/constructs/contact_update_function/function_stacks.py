"""Stacks with a function, and what its role may do."""

from __future__ import annotations

from typing import Any

from aws_cdk import Stack
from aws_cdk.assertions import Template

from connect_constructs import ContactUpdateFunction, ContactUpdateFunctionOptions
from tests.constructs.stacks import CONTACT_ARNS, logical_id, new_instance, new_stack

UPDATES = {
    "Action": ["connect:UpdateContactAttributes", "connect:UpdateContact"],
    "Effect": "Allow",
    "Resource": CONTACT_ARNS,
}


LAMBDA = {
    "Statement": [
        {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}},
    ],
    "Version": "2012-10-17",
}


def new_function(stack: Stack, **options: Any) -> ContactUpdateFunction:
    return ContactUpdateFunction(
        stack, "Updates", instance=new_instance(stack), function_options=ContactUpdateFunctionOptions(**options)
    )


def template_with(**options: Any) -> Template:
    stack = new_stack()
    new_function(stack, **options)
    return Template.from_stack(stack)


def own_logs(template: Template) -> dict[str, Any]:
    group = logical_id(template, "AWS::Logs::LogGroup")
    return {
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Effect": "Allow",
        "Resource": {"Fn::GetAtt": [group, "Arn"]},
    }
