"""Contacts to try things on: those that the command line names, and those that are added by a call."""

from __future__ import annotations

import subprocess

import pytest

from tests.local.command_line import COMMAND, ROOT, run

pytestmark = pytest.mark.usefixtures("nothing_stays")


def test_demonstration_uses_the_contact_that_is_named(environment: dict[str, str]) -> None:
    ran = run("local", "--demo", "--contact", "my-contact", environment=environment)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "contact   my-contact\n" in ran.stdout


def test_named_contacts_are_there_and_the_calls_are_for_the_first(environment: dict[str, str]) -> None:
    command = [*COMMAND, "local", "--contact", "one", "--contact", "two"]
    with subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        printed = ""
        while "Ctrl-C stops it" not in printed:
            line = process.stdout.readline()
            assert line, printed
            printed += line
        process.terminate()

    assert "contacts  one, two" in printed
    assert '"InitialContactId": "one"' in printed


@pytest.mark.parametrize("contact_id", ["", "x" * 257])
def test_id_that_no_contact_can_have_is_a_usage_error(environment: dict[str, str], contact_id: str) -> None:
    ran = run("local", "--contact", contact_id, environment=environment)

    assert ran.returncode == 2
    assert "expected a contact's id of 1 to 256 characters" in ran.stderr
