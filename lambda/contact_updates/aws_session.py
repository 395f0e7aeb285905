"""AWS SDK clients from botocore alone: quick to create, and silent."""

from __future__ import annotations

import logging
import re
from typing import Any

import botocore
from botocore.config import Config

# Imported after botocore.config, it takes a thousand page faults less.
from botocore.session import Session

from contact_updates import log_line
from contact_updates.answer_check import UnreadableAnswerError, check_answer
from contact_updates.contract import SDK_MODELS

# Two attempts that use up both timeouts, with the backoff between them, fit into the shortest function timeout that the
# constructs allow.
_CONNECT_TIMEOUT_SECONDS = 1
_READ_TIMEOUT_SECONDS = 4
_MAX_ATTEMPTS = 2

# For clients whose requests must fit into the rest of an invocation: one attempt of at most `REQUEST_SECONDS`. The
# caller retries if there is time. (The connect timeout applies to each address and the read timeout to each pause, so
# that a host with several dead addresses, or one that sends byte by byte, takes longer.)
ONE_REQUEST: dict[str, Any] = {"connect_timeout": 1, "read_timeout": 2, "max_attempts": 1}
REQUEST_SECONDS = 3

_ERROR_CODE = re.compile(r"[A-Za-z0-9_.]{1,100}\Z")

# At lower levels they log URLs and bodies. The handler's own log line has everything that matters about a call.
for _library in ("botocore", "urllib3"):
    logging.getLogger(_library).setLevel(logging.CRITICAL)


class AwsSession:
    """Creates the handler's clients, and survives changes of botocore's internals.

    The runtime's botocore is updated without a deployment (AWS Lambda Developer Guide, "Building Lambda functions with
    Python"). Only speed and the handling of odd responses rely on its internals. Where that fails, botocore's own
    session with the same service model takes over, and one log line says so.
    """

    def __init__(self) -> None:
        self._fell_back = False
        self._is_trimmed = True
        try:
            # Imported here because what it imports from botocore may be gone.
            from contact_updates.trimmed_session import trimmed_session

            self._session = trimmed_session()
        except Exception as error:
            self._use_whole_session(error)

    def client(
        self,
        service: str,
        *,
        region: str | None = None,
        connect_timeout: float = _CONNECT_TIMEOUT_SECONDS,
        read_timeout: float = _READ_TIMEOUT_SECONDS,
        max_attempts: int = _MAX_ATTEMPTS,
    ) -> Any:
        """A client of `service`. Timeouts are in seconds.

        `region` defaults to the function's own.
        """
        config = Config(
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            retries={"mode": "standard", "total_max_attempts": max_attempts},
            # The contract is already checked, and botocore's messages quote values.
            parameter_validation=False,
        )
        try:
            return self._session.create_client(service, region_name=region, config=config)
        except Exception as error:
            if not self._is_trimmed:
                raise
            self._use_whole_session(error)
            return self._session.create_client(service, region_name=region, config=config)

    def check_answers(self, client: Any) -> None:
        """Run `check_answer` on each response to `client`, before botocore parses it."""
        checked = False

        def before_parse(**event: Any) -> None:
            nonlocal checked
            checked = True
            try:
                check_answer(event["response_dict"])
            except UnreadableAnswerError:
                raise
            except Exception as error:  # botocore's format has changed: let it parse the response unchecked.
                self._say_so(error)

        def after_call(**_: Any) -> None:
            if not checked:
                self._say_so(RuntimeError())

        service = client.meta.service_model.service_id.hyphenize()
        try:
            client.meta.events.register(f"before-parse.{service}", before_parse)
            client.meta.events.register(f"after-call.{service}", after_call)
        except Exception as error:
            self._say_so(error)

    def _use_whole_session(self, error: Exception) -> None:
        self._say_so(error)
        self._is_trimmed = False
        self._session = Session()
        self._session.set_config_variable("data_path", str(SDK_MODELS))

    def _say_so(self, error: Exception) -> None:
        if not self._fell_back:
            self._fell_back = True
            log_line.write({"outcome": "BotocoreFallback", "botocore": botocore.__version__, **log_line.fault(error)})


def error_code(response: dict[str, Any]) -> str:
    """The code of an error response. It comes from outside: unless it is plain, only the status is given."""
    code = str(response["Error"].get("Code"))
    return code if _ERROR_CODE.match(code) else f"HTTP {response_status(response)}"


def response_status(response: dict[str, Any]) -> int:
    """The HTTP status of a response."""
    status: int = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    return status


def is_access_denied(response: dict[str, Any]) -> bool:
    """Whether an error response says that the role may not make the call, or that its credentials are not accepted.

    SQS names a missing permission for the queue's key KmsAccessDenied or KMS.AccessDeniedException.
    """
    return response_status(response) == 403 or "AccessDenied" in str(response["Error"].get("Code"))
