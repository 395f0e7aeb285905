"""The action that the emulator performs is the one whose permission it has checked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlencode

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from connect_constructs.local.emulator import ACCOUNT, REGION
from tests.local.gaps.emulated_aws import EmulatedAws
from tests.local.gaps.raw_request import send

_WEB_IDENTITY = "AssumeRoleWithWebIdentity"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_role_is_assumed_unsigned_by_web_identity_only(aws: EmulatedAws) -> None:
    """The emulator's STS goes by the body where its check goes by the header."""
    role = aws.create_role({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, {"Effect": "Allow", "Action": "*", "Resource": "*"})
    target = {"X-Amz-Target": f"AWSSecurityTokenServiceV20110615.{_WEB_IDENTITY}"}
    assume = {"Action": "AssumeRole", "RoleArn": role, "RoleSessionName": "intruder", "Version": "2011-06-15"}
    form = urlencode(assume)
    chunked = f"{len(form):x};&Action={_WEB_IDENTITY}&Version=2011-06-15\r\n{form}\r\n0\r\n\r\n"
    tricks: list[tuple[str, dict[str, str], str]] = [
        ("/", {**target, "Content-Type": "text/plain"}, form),
        ("/", {**target, **_FORM}, form),
        ("/", {**target, "Content-Type": "text/plain"}, "Action=GetSessionToken&Version=2011-06-15"),
        ("/", {**target, "Content-Type": "application/x-amz-json-1.1"}, json.dumps(assume)),
        ("/", _FORM, f"Action={_WEB_IDENTITY}&{form}"),
        ("/", _FORM, f"Action=&{form}"),
        ("/", {**_FORM, "Content-Encoding": "aws-chunked"}, chunked),
        ("/", {**_FORM, "X-Amz-Decoded-Content-Length": str(len(form))}, chunked),
        ("/", {**_FORM, "X-Amz-Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}, chunked),
        (f"/?Action={_WEB_IDENTITY}&Version=2011-06-15", {"Content-Type": "text/plain"}, form),
    ]

    for path, headers, body in tricks:
        status, _, text = send(aws.url, "POST", path, headers, body)
        assert (status, "Missing" in text, "SecretAccessKey" in text) == (403, True, False), (path, headers, body)
    web_identity = {**assume, "Action": _WEB_IDENTITY, "WebIdentityToken": "a.b.c"}
    refused = send(
        aws.url, "POST", "/", {"Content-Type": f"{_FORM['Content-Type']}; charset=utf-8"}, urlencode(web_identity)
    )
    assert "Not authorized to perform sts:AssumeRoleWithWebIdentity" in refused[2]


_PERMITTED = "Action=GetCallerIdentity&Version=2011-06-15"


def _send_signed(
    aws: EmulatedAws, credentials: Credentials, service: str, target: str, headers: Mapping[str, str], body: str
) -> tuple[int, str]:
    """The status and body of the answer to a raw request with a valid signature."""
    request = AWSRequest("POST", f"{aws.url}{target}", dict(headers), body)
    SigV4Auth(credentials, service, REGION).add_auth(request)
    status, _, text = send(aws.url, "POST", target, dict(request.prepare().headers.items()), body)
    return status, text


# Each names an action that every user may perform, or none, and another one in its body.
_HIDING: dict[str, tuple[str, dict[str, str], str]] = {
    "in the body, with another one in the query string": (f"/?{_PERMITTED}", _FORM, "{}"),
    "in text, with another one in the query string": (f"/?{_PERMITTED}", {"Content-Type": "text/plain"}, "{}"),
    "in text": ("/", {"Content-Type": "text/plain"}, "{}"),
    "in JSON": ("/", {"Content-Type": "application/x-amz-json-1.1"}, "{}"),
    "after another one": ("/", _FORM, f"{_PERMITTED}&{{}}"),
    "before another one": ("/", _FORM, f"{{}}&{_PERMITTED}"),
    "encoded": (
        "/",
        {**_FORM, "Content-Encoding": "aws-chunked", "X-Amz-Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"},
        "{}",
    ),
    "as a target says": ("/", {**_FORM, "X-Amz-Target": "AWSSecurityTokenServiceV20110615.GetCallerIdentity"}, "{}"),
}


@pytest.mark.parametrize(("target", "headers", "body"), _HIDING.values(), ids=_HIDING)
def test_user_without_permission_cannot_hide_an_action(
    aws: EmulatedAws, target: str, headers: dict[str, str], body: str
) -> None:
    user = aws.create_user()
    role = aws.create_role({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, {"Effect": "Allow", "Action": "*", "Resource": "*"})
    assume = {"Action": "AssumeRole", "RoleArn": role, "RoleSessionName": "intruder", "Version": "2011-06-15"}
    create = {"Action": "CreateUser", "UserName": "intruder", "Version": "2010-05-08"}

    for service, action in (("sts", assume), ("iam", create)):
        status, text = _send_signed(aws, user, service, target, headers, body.replace("{}", urlencode(action)))
        assert (status, "AccessDenied" in text) == (403, True), text

    assert "intruder" not in {found["UserName"] for found in aws.client("iam").list_users()["Users"]}


def test_one_action_in_either_place_is_performed(aws: EmulatedAws) -> None:
    user = aws.create_user({"Effect": "Allow", "Action": "*", "Resource": "*"})

    in_query = _send_signed(aws, user, "sts", f"/?{_PERMITTED}", {}, "")
    in_form = _send_signed(aws, user, "sts", "/", _FORM, _PERMITTED)

    assert [status for status, _ in (in_query, in_form)] == [200, 200]
