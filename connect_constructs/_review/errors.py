"""What the command says instead of a stack trace."""


class InputError(Exception):
    """The input cannot be read: a missing file, no JSON, no template, an unknown Git revision."""
