"""The entry point of the Lambda function behind the REST API."""

import gc

# What a function's start makes, it keeps: looking for garbage among it takes a tenth of the start.
gc.disable()

import os

from contact_updates.api import Endpoint
from contact_updates.aws_session import AwsSession
from contact_updates.connect_client import ConnectClient
from contact_updates.settings import EndpointSettings

_settings = EndpointSettings.from_environment(os.environ)
_session = AwsSession()

if _settings.queue_url:
    # Here, because an endpoint without a queue does not need it.
    from contact_updates.update_queue import UpdateQueue

    handler = Endpoint(_settings, UpdateQueue(_session.client("sqs"), _settings.queue_url))
else:
    handler = Endpoint(_settings, ConnectClient(_session, _settings.instance.region))

# Nor is it looked through again while requests are served.
gc.freeze()
gc.enable()
