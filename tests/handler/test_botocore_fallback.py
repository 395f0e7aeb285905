"""If botocore's internals have changed, the answers are right all the same, and one log line says so.

The runtime's botocore moves without a deployment, and differs by Region (AWS Lambda Developer Guide, "Building Lambda
functions with Python"; aws/aws-lambda-base-images#104, boto/boto3#4058).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import botocore
import pytest
from botocore.credentials import CredentialResolver, EnvProvider
from botocore.hooks import HierarchicalEmitter
from botocore.loaders import Loader
from botocore.session import Session

from connect_constructs.local.faults import ErrorAnswer, Garbage, documented_error
from contact_updates.aws_session import AwsSession
from contact_updates.connect_target import ConnectTarget, connect_client
from contact_updates.endpoint.endpoint import Endpoint
from contact_updates.settings import EndpointSettings, Instance
from contact_updates.trimmed_session import SERVICES
from tests.handler.conftest import Connect
from tests.handler.proxy import CONTACT_ID, INSTANCE_ARN, attributes_event, contact_event, send

Event = dict[str, Any]
Sabotage = Callable[[pytest.MonkeyPatch], None]


# -- what another botocore may do -------------------------------------------------------------------------------------


def rename_what_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "contact_updates.trimmed_session", raising=False)
    monkeypatch.setattr("botocore.credentials.create_credential_resolver", _create_resolver)
    monkeypatch.delattr("botocore.credentials.CredentialResolver")


def _create_resolver(*_: Any, **__: Any) -> Any:
    """What botocore would create, wherever its parts are now."""
    return CredentialResolver([EnvProvider()])


def let_the_loaders_paths_be_a_tuple(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Loader, "search_paths", property(lambda self: tuple(self._search_paths)))


def let_the_loader_be_called_with_one_more_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    load = Loader.load_data_with_path
    monkeypatch.setattr(Loader, "load_data_with_path", lambda self, name, fresh=False: load(self, name))
    monkeypatch.setattr(Loader, "load_data", lambda self, name: self.load_data_with_path(name, fresh=True)[0])


def let_the_loader_list_services_by_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    list_services = Loader.list_available_services
    monkeypatch.setattr(Loader, "list_available_services", lambda self, *, kind: list_services(self, kind))
    determine = Loader.determine_latest_version

    def load_service_model(self: Any, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        assert service_name in self.list_available_services(kind=type_name)
        version = api_version or determine(self, service_name, type_name)
        return self.load_data(f"{service_name}/{version}/{type_name}")

    monkeypatch.setattr(Loader, "load_service_model", load_service_model)


def let_hooks_be_registered_by_other_names(monkeypatch: pytest.MonkeyPatch) -> None:
    register = Session.register

    def changed(self: Any, event: str, *hook: Any, **options: Any) -> None:
        register(self, event, *hook, **options)

    def register_builtin_handlers(self: Any, events: Any) -> None:
        for event, handler, *_ in botocore.handlers.BUILTIN_HANDLERS:
            if isinstance(event, str) and event.startswith(("before-sign", "request-created")):
                self.register(event=event, handler=handler)

    monkeypatch.setattr(Session, "register", changed)
    monkeypatch.setattr(Session, "_register_builtin_handlers", register_builtin_handlers)


def let_a_session_have_no_subclass(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(cls: Any, /, **_: Any) -> None:
        raise TypeError("final")

    monkeypatch.setattr(Session, "__init_subclass__", classmethod(refuse), raising=False)
    monkeypatch.delitem(sys.modules, "contact_updates.trimmed_session", raising=False)


def let_a_resolver_take_its_providers_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    create = CredentialResolver.__init__
    monkeypatch.setattr(CredentialResolver, "__init__", lambda self, *, providers: create(self, providers))


def let_a_resolver_be_asked_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    class Changed(CredentialResolver):  # type: ignore[misc]  # botocore has no types
        load_credentials = None

    monkeypatch.delitem(sys.modules, "contact_updates.trimmed_session", raising=False)
    monkeypatch.setattr("botocore.credentials.create_credential_resolver", _create_resolver)
    monkeypatch.setattr("botocore.credentials.CredentialResolver", Changed)


def _at_before_parse(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[dict[str, Any]], dict[str, Any] | None]
) -> None:
    emit = HierarchicalEmitter._emit

    def changed(self: Any, event_name: str, kwargs: dict[str, Any], **options: Any) -> Any:
        if event_name.startswith("before-parse."):
            new_kwargs = change(kwargs)
            if new_kwargs is None:
                return []
            kwargs = new_kwargs
        return emit(self, event_name, kwargs, **options)

    monkeypatch.setattr(HierarchicalEmitter, "_emit", changed)


def let_answers_have_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    _at_before_parse(monkeypatch, lambda event: {"response": event["response_dict"]})


def let_answers_have_another_form(monkeypatch: pytest.MonkeyPatch) -> None:
    _at_before_parse(monkeypatch, lambda event: {**event, "response_dict": {"status": 200, "content": b""}})


def let_no_answer_be_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    _at_before_parse(monkeypatch, lambda _: None)


def let_no_hook_be_registered_with_a_client(monkeypatch: pytest.MonkeyPatch) -> None:
    register = HierarchicalEmitter.register

    def changed(self: Any, event_name: str, *hook: Any, **options: Any) -> None:
        if event_name == "before-parse.connect":
            raise TypeError
        register(self, event_name, *hook, **options)

    monkeypatch.setattr(HierarchicalEmitter, "register", changed)


OF_THE_SESSION: list[Sabotage] = [
    rename_what_is_imported,
    let_the_loaders_paths_be_a_tuple,
    let_the_loader_be_called_with_one_more_argument,
    let_the_loader_list_services_by_another_name,
    let_hooks_be_registered_by_other_names,
    let_a_session_have_no_subclass,
    let_a_resolver_take_its_providers_by_name,
    let_a_resolver_be_asked_otherwise,
]
OF_THE_ANSWERS: list[Sabotage] = [
    let_answers_have_another_name,
    let_answers_have_another_form,
    let_no_answer_be_shown,
    let_no_hook_be_registered_with_a_client,
]


def fallbacks(printed: str) -> list[dict[str, Any]]:
    return [line for line in map(json.loads, printed.splitlines()) if line["outcome"] == "BotocoreFallback"]


@pytest.mark.parametrize("sabotage", [*OF_THE_SESSION, *OF_THE_ANSWERS], ids=lambda sabotage: sabotage.__name__)
def test_answers_are_right_without_an_internal_of_botocores_and_one_line_says_so(
    sabotage: Sabotage, monkeypatch: pytest.MonkeyPatch, connect: Connect, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given
    sabotage(monkeypatch)
    monkeypatch.setenv("AWS_ENDPOINT_URL_CONNECT", connect.url)

    # When
    endpoint = Endpoint(
        EndpointSettings(instance=Instance(INSTANCE_ARN)), ConnectTarget(connect_client(AwsSession(), "us-east-1"))
    )
    printed = capsys.readouterr().out
    made = [send(endpoint, attributes_event()), send(endpoint, contact_event({"SegmentAttributes": {}, "Name": "New"}))]
    connect.inject(documented_error("ConflictException"))
    connect.inject(ErrorAnswer(429))
    refused = [send(endpoint, contact_event()) for _ in range(2)]

    # Then
    assert [outcome.status for outcome in made] == [200, 200]
    assert connect.attributes(CONTACT_ID) == {"Tier": "gold"}
    assert connect.contact(CONTACT_ID)["Name"] == "New"
    assert [outcome.error_type for outcome in refused] == ["ConflictException", "ThrottlingException"]
    printed += "".join(outcome.printed for outcome in [*made, *refused])
    (line,) = fallbacks(printed)
    assert line.keys() == {"outcome", "botocore", "fault", "faultAt"}
    assert line["botocore"] == botocore.__version__


@pytest.mark.parametrize(
    "sabotage", [let_a_resolver_take_its_providers_by_name, let_the_loader_be_called_with_one_more_argument]
)
def test_all_clients_of_a_function_fall_back_with_one_line(
    sabotage: Sabotage, monkeypatch: pytest.MonkeyPatch, connect: Connect, capsys: pytest.CaptureFixture[str]
) -> None:
    sabotage(monkeypatch)
    monkeypatch.setenv("AWS_ENDPOINT_URL_CONNECT", connect.url)
    session = AwsSession()

    clients = [session.client(service, region="us-east-1") for service in SERVICES]

    assert [client.meta.service_model.service_name for client in clients] == SERVICES
    assert len(fallbacks(capsys.readouterr().out)) == 1
    # Then: answers are still checked
    endpoint = Endpoint(
        EndpointSettings(instance=Instance(INSTANCE_ARN)), ConnectTarget(connect_client(session, "us-east-1"))
    )
    connect.inject(Garbage(), calls=2)
    assert (send(endpoint, contact_event()).status, connect.calls) == (500, 2)


def test_this_botocore_needs_no_fallback(
    monkeypatch: pytest.MonkeyPatch, connect: Connect, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_CONNECT", connect.url)
    endpoint = Endpoint(
        EndpointSettings(instance=Instance(INSTANCE_ARN)), ConnectTarget(connect_client(AwsSession(), "us-east-1"))
    )

    outcomes = [send(endpoint, event) for event in (attributes_event(), contact_event({"Name": "New"}))]

    assert capsys.readouterr().out == ""
    assert [outcome.log["outcome"] for outcome in outcomes] == ["Updated", "Updated"]


def test_fault_that_is_not_botocores_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(botocore.exceptions.NoRegionError):
        AwsSession().client("sqs")
