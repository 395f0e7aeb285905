"""boto3: its own `connect` client, or one made from the project's service model."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from connect_constructs.contract.client_model import SERVICE
from tests.clients import client_names
from tests.clients.call import REGION, Answer, Call


class Boto3:
    """boto3 as a program uses it, but without parameter validation, so that invalid input is sent."""

    name = client_names.BOTO3
    shows_http = True
    has_types = True
    retries = True
    reads_type_from_header = True
    makes_text_of_values = False

    def __init__(self, models: Path, model: Path) -> None:
        """Install the project's service model.

        :param models: A folder for service models.
        :param model: The output of `connect-constructs client-model`.
        """
        folder = models / SERVICE / "2017-08-08"
        folder.mkdir(parents=True)
        shutil.copy(model, folder / "service-2.json")
        self.models = models

    def call(self, call: Call) -> Answer:
        client = self._client(call)
        method = {api: python for python, api in client.meta.method_to_api_mapping.items()}[call.operation]
        try:
            response = getattr(client, method)(**call.parameters)
        except ClientError as error:
            response = error.response
            return Answer(
                error_type=response["Error"]["Code"],
                message=response["Error"]["Message"],
                status=response["ResponseMetadata"]["HTTPStatusCode"],
                is_typed=type(error).__name__ == response["Error"]["Code"],
                retry_after=response["ResponseMetadata"]["HTTPHeaders"].get("retry-after"),
            )
        return Answer(status=response["ResponseMetadata"]["HTTPStatusCode"])

    def _client(self, call: Call) -> Any:
        core = botocore.session.Session()
        core.get_component("data_loader").search_paths.append(str(self.models))
        session = boto3.Session(
            botocore_session=core,
            region_name=REGION,
            aws_access_key_id=call.credentials.access_key_id if call.credentials else "none",
            aws_secret_access_key=call.credentials.secret_access_key if call.credentials else "none",
        )
        return session.client(
            "connect" if call.signing_name == "connect" else SERVICE,
            endpoint_url=call.url,
            config=Config(
                parameter_validation=False,
                retries={"mode": "standard", "total_max_attempts": call.max_attempts},
                signature_version=None if call.credentials else UNSIGNED,
            ),
        )
