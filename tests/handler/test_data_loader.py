"""Clients created from the handler's data are the same as those from all of botocore's."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from contact_updates.trimmed_session import trimmed_session

PARTITIONS_FILE = Path(botocore.__file__).parent / "data" / "partitions.json"
REGIONS = [
    region
    for partition in json.loads(PARTITIONS_FILE.read_bytes())["partitions"]
    for region in partition["regions"]
    if not region.endswith("-global")
]
# Regions that do not exist, named like those that do.
NEW_REGIONS = ["us-west-9", "eu-nowhere-7", "cn-south-8", "us-gov-south-4", "eusc-de-west-5"]
BOTH = (False, True)
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "connect": ("update_contact", {"InstanceId": "instance", "ContactId": "contact", "Name": "A name"}),
    "sqs": ("send_message", {"QueueUrl": "https://sqs.example.com/queue.fifo", "MessageBody": "{}"}),
    "events": ("put_events", {"Entries": [{"Source": "s", "DetailType": "t", "Detail": "{}"}]}),
}

our_session = functools.cache(trimmed_session)
whole_session = functools.cache(botocore.session.get_session)


class SentError(Exception):
    """The request is recorded, and not sent."""


def called(session: botocore.session.Session, service: str, region: str, **config: bool) -> dict[str, str]:
    """Where a client sends requests and what it signs for, or the error instead."""
    try:
        client = session.create_client(service, region_name=region, config=Config(**config))
    except BotoCoreError as error:
        return {"error": type(error).__name__}
    sent: dict[str, str] = {}

    def note(request: Any, **_: Any) -> None:
        # `AWS4-HMAC-SHA256 Credential=key/date/region/service/aws4_request, SignedHeaders=…`
        scope = request.headers["Authorization"].decode().partition(",")[0].split("/")
        sent.update(url=request.url, region=scope[2], service=scope[3])
        raise SentError

    operation, parameters = CALLS[service]
    client.meta.events.register(f"before-send.{service}", note)
    with pytest.raises(SentError):
        getattr(client, operation)(**parameters)
    return sent


@pytest.mark.parametrize("service", CALLS)
def test_every_region_is_called_as_by_all_of_botocore(service: str) -> None:
    ours = {region: called(our_session(), service, region) for region in REGIONS + NEW_REGIONS}

    assert ours == {region: called(whole_session(), service, region) for region in ours}
    assert {region: (sent["region"], sent["service"]) for region, sent in ours.items()} == {
        region: (region, service) for region in ours
    }


@pytest.mark.parametrize("service", CALLS)
@pytest.mark.parametrize("region", ["us-east-1", "ca-central-1", "us-gov-west-1", "cn-north-1", "us-west-9"])
def test_endpoint_variants_are_called_as_by_all_of_botocore(service: str, region: str) -> None:
    variants = [{"use_fips_endpoint": fips, "use_dualstack_endpoint": dual} for fips in BOTH for dual in BOTH]
    ours = [called(our_session(), service, region, **variant) for variant in variants]

    assert ours == [called(whole_session(), service, region, **variant) for variant in variants]
    assert len({sent["url"] for sent in ours}) > 1


@pytest.mark.parametrize("service", CALLS)
def test_fips_endpoints_are_called_where_the_environment_asks_for_them(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")

    sent = called(trimmed_session(), service, "us-east-1")

    assert sent["url"].startswith(f"https://{service}-fips.us-east-1.amazonaws.com/")


def test_a_new_region_of_a_known_partition_needs_no_release() -> None:
    assert called(our_session(), "connect", "us-west-9") == {
        "url": "https://connect.us-west-9.amazonaws.com/contacts/instance/contact",
        "region": "us-west-9",
        "service": "connect",
    }


def test_a_new_partition_comes_with_the_runtimes_botocore(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # Given: a newer botocore, which knows one more partition
    known = json.loads(PARTITIONS_FILE.read_bytes())
    new = {
        "id": "aws-moon",
        "regionRegex": "^moon\\-\\w+\\-\\d+$",
        "regions": {"moon-east-1": {}},
        "outputs": known["partitions"][0]["outputs"] | {"name": "aws-moon", "dnsSuffix": "amazonaws.moon"},
    }
    (tmp_path / "partitions.json").write_text(json.dumps(known | {"partitions": [*known["partitions"], new]}))
    session = trimmed_session()
    session.get_component("data_loader").search_paths.insert(0, str(tmp_path))

    # When
    sent = called(session, "connect", "moon-east-1")

    # Then
    assert sent["url"] == "https://connect.moon-east-1.amazonaws.moon/contacts/instance/contact"
    assert sent["region"] == "moon-east-1"
