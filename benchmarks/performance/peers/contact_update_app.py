"""The README's app: an instance and a ContactUpdateApi."""

import sys

from aws_cdk import App, Stack

from connect_constructs import ConnectInstance, ContactUpdateApi

app = App(outdir=sys.argv[1])
stack = Stack(app, "Stack")
instance = ConnectInstance.from_instance_arn(stack, "Instance", sys.argv[2])
ContactUpdateApi(stack, "ContactUpdates", instance=instance)
app.synth()
