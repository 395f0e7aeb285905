"""Small templates, and what the review finds between two of them."""

from __future__ import annotations

from typing import Any

from connect_constructs._review.findings import Class, Finding
from connect_constructs._review.reading import StackInput
from connect_constructs._review.review import review

Json = dict[str, Any]


def resource(type_name: str, properties: Json | None = None, **others: Any) -> Json:
    return {"Type": type_name, "Properties": properties or {}, **others}


def template(resources: Json | None = None, **sections: Any) -> Json:
    return {"Resources": resources or {}, **sections}


def findings(old: Json, new: Json, *, account: str = "", region: str = "") -> list[Finding]:
    """What the review finds in one stack, but for class 9."""
    before, after = (StackInput("Stack", one, account=account, region=region) for one in (old, new))
    return [one for one in review([before], [after]).findings if one.class_ is not Class.OTHER]


def all_findings(old: Json, new: Json) -> list[Finding]:
    return review([StackInput("Stack", old)], [StackInput("Stack", new)]).findings


def rules(found: list[Finding]) -> list[str]:
    return [one.rule for one in found]


def policy(*statements: Json) -> Json:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: Any, on: Any = "*", **others: Any) -> Json:
    return {"Effect": "Allow", "Action": action, "Resource": on, **others}


def deny(action: Any, on: Any = "*", **others: Any) -> Json:
    return {"Effect": "Deny", "Action": action, "Resource": on, **others}


def trusting(principal: Any, **others: Any) -> Json:
    return policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **others})


LAMBDA_TRUST = trusting({"Service": "lambda.amazonaws.com"})


def role(*statements: Json, **properties: Any) -> Json:
    inline = [{"PolicyName": "Inline", "PolicyDocument": policy(*statements)}] if statements else []
    given: Json = {"AssumeRolePolicyDocument": LAMBDA_TRUST, **properties}
    return resource("AWS::IAM::Role", {**given, **({"Policies": inline} if inline else {})})
