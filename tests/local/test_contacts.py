"""Contacts for experiments: named on the command line, or added by a call."""

from __future__ import annotations

import shlex
import shutil
import subprocess

import pytest

from tests.local.command_line import COMMAND, ROOT, run
from tests.local.pasted import call_aws, paste

pytestmark = pytest.mark.usefixtures("nothing_stays")


def test_demonstration_uses_the_contact_that_is_named(environment: dict[str, str]) -> None:
    ran = run("local", "--demo", "--contact", "my-contact", environment=environment)

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "contact   my-contact\n" in ran.stdout


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is missing (apt install curl)")
def test_named_contacts_are_there_and_the_calls_are_for_the_first(environment: dict[str, str]) -> None:
    command = [*COMMAND, "local", "--contact", "it's one", "--contact", "two"]
    with subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        printed = ""
        while "Ctrl-C stops it" not in printed:
            line = process.stdout.readline()
            assert line, printed
            printed += line
        credentials = next(line for line in printed.splitlines() if "export AWS_ACCESS_KEY_ID=" in line)
        pasted = subprocess.run(
            ["/bin/sh", "-c", f"{credentials}\n{paste(printed, 'curl -i')}"],
            capture_output=True,
            text=True,
            check=False,
        )
        read_back = paste(printed, "aws connect get-contact-attributes")
        first = call_aws(read_back, printed)
        second = call_aws(read_back.replace(shlex.quote("it's one"), "two"), printed)
        process.terminate()

    assert "contacts  it's one, two" in printed
    assert pasted.stdout.startswith("HTTP/1.1 200"), pasted.stdout + pasted.stderr
    assert first["Attributes"] == {"tier": "gold", "callback": "2026-12-01"}
    assert second["Attributes"] == {"tier": "silver"}


@pytest.mark.parametrize("contact_id", ["", "x" * 257])
def test_id_that_no_contact_can_have_is_a_usage_error(environment: dict[str, str], contact_id: str) -> None:
    ran = run("local", "--contact", contact_id, environment=environment)

    assert ran.returncode == 2
    assert "expected a contact's id of 1 to 256 characters" in ran.stderr
