"""The entry point of the Lambda function behind the REST API."""

import gc

# What a function's start makes, it keeps: looking for garbage among it takes a tenth of the start.
gc.disable()

import os

from contact_updates.aws_session import AwsSession
from contact_updates.endpoint.endpoint import Endpoint
from contact_updates.settings import EndpointSettings

_settings = EndpointSettings.from_environment(os.environ)
_session = AwsSession()

# Each imported only where it is needed.
if _settings.queue_url:
    from contact_updates.endpoint.queue_target import QueueTarget

    handler = Endpoint(_settings, QueueTarget(_session.client("sqs"), _settings.queue_url))
else:
    from contact_updates.connect_target import ConnectTarget, connect_client

    handler = Endpoint(_settings, ConnectTarget(connect_client(_session, _settings.instance.region)))

# Nor is it looked through again while requests are served.
gc.freeze()
gc.enable()
