"""The entry point of the Lambda function behind the REST API."""

import os

from contact_updates.api import Endpoint
from contact_updates.connect_client import ConnectClient
from contact_updates.settings import Settings

_settings = Settings.from_environment(os.environ)

handler = Endpoint(_settings, ConnectClient(_settings.region))
