"""The entry point of the Lambda function behind the REST API."""

import gc

# Objects created at start-up live as long as the function. Collecting garbage among them takes a tenth of the start.
gc.disable()

import os

from contact_updates.aws_session import AwsSession
from contact_updates.endpoint.endpoint import Endpoint
from contact_updates.settings import EndpointSettings

_settings = EndpointSettings.from_environment(os.environ)
_session = AwsSession()

# Import only what this function needs.
if _settings.queue_url:
    from contact_updates.endpoint.queue_target import QueueTarget

    handler = Endpoint(_settings, QueueTarget(_session.client("sqs"), _settings.queue_url))
else:
    from contact_updates.connect_target import ConnectTarget, connect_client

    handler = Endpoint(_settings, ConnectTarget(connect_client(_session, _settings.instance.region)))

# Exclude start-up objects from later garbage collection, too.
gc.freeze()
gc.enable()
