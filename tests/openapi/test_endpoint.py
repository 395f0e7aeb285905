"""The deployed endpoint answers as the OpenAPI document says, whatever it is sent."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from connect_constructs.contract.openapi import openapi
from connect_constructs.local import LocalAws
from connect_constructs.local.quota import DEFAULT_BURST, DEFAULT_RATE
from tests.stage_throttle import stage_throttle

_CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
]
# For each operation, in addition to about 400 cases derived from the document. All take 20 seconds on two cores.
_MAX_EXAMPLES = 30
_TIMEOUT_SECONDS = 120


@pytest.fixture
def unthrottled(local_aws: LocalAws) -> Iterator[LocalAws]:
    """Lift the stage's throttle and Amazon Connect's quota, because most calls would get a 429."""
    local_aws.connect.set_quota(rate=1e6, burst=10**6)
    with stage_throttle(local_aws, rate=1e6, burst=10**6):
        yield local_aws
    local_aws.connect.set_quota(rate=DEFAULT_RATE, burst=DEFAULT_BURST)


def _with_ids(document: str, ids: dict[str, str]) -> str:
    """Replace the ids in the document's examples by `ids`, because most cases are variations of the examples."""
    for label in openapi()["paths"]["/contacts/{InstanceId}/{ContactId}"]["post"]["parameters"]:
        document = document.replace(label["example"], ids[label["name"]])
    return document


def test_endpoint_answers_as_documented(
    unthrottled: LocalAws, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    local = unthrottled
    contact_id = local.connect.create_contact()
    ids = {"InstanceId": local.connect.instance_ids[0], "InitialContactId": contact_id, "ContactId": contact_id}
    key_id, secret = local.create_user("schemathesis", may_invoke=local.invoke_arn(local.rest_apis[0]))
    document = tmp_path / "openapi.json"
    document.write_text(_with_ids(json.dumps(openapi()), ids))
    seed = os.environ.get("SCHEMATHESIS_SEED") or str(secrets.randbelow(2**32))

    finished = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            "run",
            document,
            f"--url={local.endpoint}",
            f"--checks={','.join(_CHECKS)}",
            "--phases=examples,coverage,fuzzing",
            f"--max-examples={_MAX_EXAMPLES}",
            f"--seed={seed}",
            "--continue-on-failure",
            "--no-color",
            "--report=json,har",
            f"--report-json-path={tmp_path / 'report.json'}",
            f"--report-har-path={tmp_path / 'calls.har'}",
        ],
        cwd=tmp_path,
        env={
            **os.environ,
            "SCHEMATHESIS_HOOKS": "tests.openapi.hooks",
            "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
            "AWS_ACCESS_KEY_ID": key_id,
            "AWS_SECRET_ACCESS_KEY": secret,
            "REAL_IDS": json.dumps(ids),
        },
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        check=False,
    )

    assert finished.returncode == 0, f"seed {seed}\n{finished.stdout}\n{finished.stderr}"
    report = json.loads((tmp_path / "report.json").read_text())
    calls = json.loads((tmp_path / "calls.har").read_text())["log"]["entries"]
    statuses = Counter(call["response"]["status"] for call in calls)
    cases = report["test_cases"]["generated"]
    with capsys.disabled():
        print(f"\nschemathesis: seed {seed}, {cases} cases, 0 failures, answers {dict(sorted(statuses.items()))}")
    assert report["complete"]
    assert report["failures"] == report["errors"] == []
    # The run was meaningful: many updates were made, and all kinds of errors occurred.
    assert cases > 500
    assert statuses[200] > 50
    assert statuses.keys() >= {200, 400, 403, 404, 415}
