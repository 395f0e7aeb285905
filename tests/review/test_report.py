"""The report's three forms."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from connect_constructs._review.accepted import Accepted
from connect_constructs._review.facts import source
from connect_constructs._review.failing import DEFAULT, parse_failing
from connect_constructs._review.markdown import as_markdown, code
from connect_constructs._review.reading import StackInput
from connect_constructs._review.report import Report, make_report
from connect_constructs._review.review import review
from connect_constructs._review.structured import as_json
from connect_constructs._review.text import as_text
from tests.review.rule_cases import CASES
from tests.review.templates import Json, allow, deny, resource, role, template

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "connect_constructs" / "_review" / "report.schema.json").read_text(encoding="utf-8")
)


def report(old: Json, new: Json, accepted: dict[str, str] | None = None) -> Report:
    found = review([StackInput("Stack", old)], [StackInput("Stack", new)])
    return make_report(found, parse_failing(DEFAULT), Accepted(accepted or {}))


@pytest.fixture(scope="module")
def everything() -> Report:
    """All cases of all rules at once."""
    old, new = (
        template(
            {
                **{f"R{index}": one for index, case in enumerate(CASES) if (one := getattr(case, side))},
                "Role": role(*statements),
            },
            Outputs={"O": {"Value": side}},
        )
        for side, statements in (
            ("old", (allow("s3:GetObject"), deny("s3:DeleteObject"))),
            ("breaking", (allow("s3:PutObject"),)),
        )
    )
    return report(old, new, {"gone-00000000": "No longer there."})


def test_json_is_what_its_schema_says(everything: Report) -> None:
    document = json.loads(as_json(everything))

    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(document, SCHEMA)
    assert {finding["class"] for finding in document["findings"]} == {1, 2, 3, 4, 5, 6, 7, 8, 9}
    assert document["failing"] == sum(finding["fails"] for finding in document["findings"])
    assert document["facts"]["version"] == source()["version"]


def test_classes_come_in_their_order(everything: Report) -> None:
    classes = [entry.finding.class_.value for entry in everything.entries]
    assert classes == sorted(classes)
    headings = re.findall(r"^(\d) [A-Z]", as_text(everything), flags=re.MULTILINE)
    assert headings == sorted(set(map(str, classes)))


@pytest.mark.parametrize("form", [as_text, as_markdown, as_json])
def test_each_form_has_every_finding(everything: Report, form: Any) -> None:
    written = form(everything)
    for entry in everything.entries:
        if entry.finding.class_.value < 9:
            assert entry.finding.id in written
    assert "is not compared" in written.replace("\\", "")
    assert "gone-00000000" in written.replace("\\", "")


def test_nothing_is_called_harmless(everything: Report) -> None:
    for form in (as_text, as_markdown, as_json):
        assert not re.search(r"harmless|\bsafe\b|no risk|cosmetic", form(everything), flags=re.IGNORECASE)


HOSTILE = "`</details>` <script>x</script> @team #1 [a](http://b) |*_\x1b[31m\r\n::error::x"


def hostile(value: str) -> Json:
    return template(
        {"Q": resource("AWS::SNS::Topic", {"DisplayName": value, "TopicName": "t"})}, Outputs={value: {"Value": value}}
    )


def test_what_a_template_says_does_nothing_in_markdown() -> None:
    written = as_markdown(report(hostile("a"), hostile(HOSTILE)))

    # A line that begins with :: is a command to GitHub's runner.
    assert not re.search(r"^::", written, flags=re.MULTILINE)
    outside = re.sub(r"(`+)[^\n]*?\1(?!`)", "", re.sub(r"\\([@#])|\\.", r"\1", written))
    # A backslash prevents neither a mention nor a link to an issue.
    for active in ("<script", "</details>`", "@team", "#1 ", "](http", "\x1b"):
        assert active not in outside


def test_what_a_template_says_does_nothing_in_a_terminal() -> None:
    written = as_text(report(hostile("a"), hostile(HOSTILE)))
    assert "\x1b" not in written
    assert "\r" not in written
    assert not re.search(r"^::", written, flags=re.MULTILINE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a", "`a`"), ("a`b", "``a`b``"), ("`a", "`` `a ``"), ("``", "``` `` ```"), ("a\nb", "`a�b`")],
)
def test_code_in_markdown_ends_where_it_should(text: str, expected: str) -> None:
    assert code(text) == expected


def test_long_name_leaves_room_for_other_findings() -> None:
    queue, topic = resource("AWS::SQS::Queue"), resource("AWS::SNS::Topic")
    old = template({"A" * 70_000: queue, "B": queue, "T": topic})
    text = as_markdown(report(old, template({"T": topic})))
    assert "`B`" in text
    assert len(text) < 5_000


def test_name_of_a_site_is_no_link_in_markdown() -> None:
    old, new = (template({}, Outputs={"Site": {"Value": f"www.example.{end}"}}) for end in ("com", "org"))
    text = as_markdown(report(old, new))
    assert r"www\.example.org" in text
    assert "www.example" not in text


def test_markdown_is_short_enough_for_a_comment() -> None:
    many = {f"Q{number}": resource("AWS::SQS::Queue", {"VisibilityTimeout": number}) for number in range(2000)}
    written = as_markdown(report(template(many), template({"T": resource("AWS::SNS::Topic")})))
    assert len(written) < 65_536
    assert "more lines" in written


def test_finding_of_a_construct_is_called_by_its_path() -> None:
    old = template({"Q1A2B": resource("AWS::SQS::Queue", Metadata={"aws:cdk:path": "Stack/Updates/Queue/Resource"})})
    written = as_text(report(old, template({"T": resource("AWS::SNS::Topic")})))
    assert "Stack: Stack/Updates/Queue (Q1A2B)" in written


def test_what_is_said_of_several_resources_is_said_once() -> None:
    old, new = (
        template({f"M{number}": resource("AWS::Lambda::Url", {"AuthType": auth}) for number in range(3)})
        for auth in ("AWS_IAM", "NONE")
    )
    one = report(old, new)
    for form in (as_text, as_markdown):
        written = form(one).replace("\\", "")
        assert written.count("AuthType goes from AWS_IAM to NONE") == 1
        assert all(f"M{number}" in written for number in range(3))
    assert len(json.loads(as_json(one))["findings"]) == 3
