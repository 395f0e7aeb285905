"""An app with an empty stack: the minimum cost of a synthesis."""

import sys

from aws_cdk import App, Stack

app = App(outdir=sys.argv[1])
Stack(app, "Stack")
app.synth()
