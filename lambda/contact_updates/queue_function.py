"""The entry point of the Lambda function behind the queue."""

import gc

# Objects created at start-up live as long as the function. Collecting garbage among them takes a tenth of the start.
gc.disable()

import os

from contact_updates.aws_session import ONE_REQUEST, AwsSession
from contact_updates.connect_target import ConnectTarget, Pacer, connect_client
from contact_updates.consumer.consumer import Consumer
from contact_updates.consumer.rejections import DeadLetterQueue, RejectionEvents
from contact_updates.consumer.visibility import Visibility
from contact_updates.settings import ConsumerSettings

_settings = ConsumerSettings.from_environment(os.environ)
_session = AwsSession()
_sqs = _session.client("sqs", **ONE_REQUEST)

_bus = _settings.event_bus_name

handler = Consumer(
    _settings,
    connect=ConnectTarget(connect_client(_session, _settings.instance.region), pacer=Pacer(_settings.seconds_per_call)),
    dead_letters=DeadLetterQueue(_sqs, _settings.dead_letter_queue_url),
    visibility=Visibility(_sqs, _settings.queue_url),
    events=RejectionEvents(_session.client("events", **ONE_REQUEST), _bus) if _bus else None,
)

# Exclude start-up objects from later garbage collection, too.
gc.freeze()
gc.enable()
