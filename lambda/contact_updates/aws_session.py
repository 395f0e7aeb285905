"""The AWS SDK as the handler uses it: botocore alone, quick to start, and silent."""

from __future__ import annotations

import logging
import re
from typing import Any

import botocore
import botocore.session
from botocore.config import Config

from contact_updates import log_line
from contact_updates.answer_check import UnreadableAnswerError, check_answer
from contact_updates.contract import SDK_MODELS

# Two attempts with both timeouts, and the wait between them, fit into the least timeout that a function may have.
_CONNECT_TIMEOUT_SECONDS = 1
_READ_TIMEOUT_SECONDS = 4
_MAX_ATTEMPTS = 2

# For a client whose requests have to fit into what is left of an invocation: one attempt, of `REQUEST_SECONDS` at most.
# Its user tries again, where there is time. (The connect timeout counts for each address, and the read timeout for each
# silence: a host with several dead addresses, or one that drips, takes longer.)
ONE_REQUEST: dict[str, Any] = {"connect_timeout": 1, "read_timeout": 2, "max_attempts": 1}
REQUEST_SECONDS = 3

_ERROR_CODE = re.compile(r"[A-Za-z0-9_.]{1,100}\Z")

# At lower levels they log URLs and bodies. Everything that matters about a call stands in the handler's own log line.
for _library in ("botocore", "urllib3"):
    logging.getLogger(_library).setLevel(logging.CRITICAL)


class AwsSession:
    """Makes the handler's clients, without botocore's internals where these have changed.

    The runtime's botocore moves without a deployment (AWS Lambda Developer Guide, "Building Lambda functions with
    Python"). What relies on its internals is for speed and for odd answers only: where it fails, botocore's own session
    with the same service model takes over, and one log line says so.
    """

    def __init__(self) -> None:
        self._fell_back = False
        self._is_trimmed = True
        try:
            # Not at the top: what it imports from botocore may be gone.
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
        """A client of `service`, in the function's own Region unless told otherwise. Timeouts in seconds."""
        config = Config(
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            retries={"mode": "standard", "total_max_attempts": max_attempts},
            # The contract has been checked already, and botocore's messages quote values.
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
        """Let `check_answer` see each answer that `client` gets, before botocore's parser does."""
        checked = False

        def before_parse(**event: Any) -> None:
            nonlocal checked
            checked = True
            try:
                check_answer(event["response_dict"])
            except UnreadableAnswerError:
                raise
            except Exception as error:  # The answer has another form: botocore reads it without us.
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
        self._session = botocore.session.Session()
        self._session.set_config_variable("data_path", str(SDK_MODELS))

    def _say_so(self, error: Exception) -> None:
        if not self._fell_back:
            self._fell_back = True
            log_line.write({"outcome": "BotocoreFallback", "botocore": botocore.__version__, **log_line.fault(error)})


def error_code(response: dict[str, Any]) -> str:
    """The code of an error response. It comes from outside, so that what is not plain is only told by its status."""
    code = str(response["Error"].get("Code"))
    return code if _ERROR_CODE.match(code) else f"HTTP {response_status(response)}"


def response_status(response: dict[str, Any]) -> int:
    """The HTTP status of a response."""
    status: int = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    return status
