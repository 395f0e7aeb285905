"""Texts that the documentation quotes are those of the code."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator

from tests.docs.pages import ROOT
from tests.handler.privacy import counts

_TROUBLESHOOTING = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
_CODE = [*(ROOT / "connect_constructs").rglob("*.py"), *(ROOT / "lambda").rglob("*.py"), ROOT / "app.py"]
# What the code puts together from several of its strings.
_COMPOSED = {
    "synthesising the app failed:": ("synthesising the app", "failed:"),
    "deploying failed:": ("deploying", "failed:"),
    ": no parameter /cdk-bootstrap/": (": no parameter", "/cdk-bootstrap/"),
    "allow_origins: expected an origin such as https://crm.example.com, without a path, got": (
        "allow_origins: expected an origin such as https://crm.example.com, without a path",
        ", got",
    ),
    "instance: expected one in the stack's account": ("instance", ": expected one in the stack's", "account"),
    "event_bus: expected one in the stack's Region": ("event_bus", ": expected one in the stack's", "Region"),
    "instance_arn: expected an instance ARN, got the placeholder that StringParameter.value_from_lookup returns before "
    "the first lookup;": (
        "instance_arn",
        "an instance ARN",
        ", got the placeholder that StringParameter.value_from_lookup returns before the first lookup;",
    ),
}
_SCRIPTS = [ROOT / "Makefile", ROOT / "requirements" / "make_venv.sh"]


def strings() -> Iterator[str]:
    """Every string of the code, with `…` for what is filled in."""
    for file in _CODE:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        constants = {
            target.id: ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.JoinedStr):
                yield "".join(filled_in(part, constants) for part in node.values)
    yield from (file.read_text(encoding="utf-8") for file in _SCRIPTS)


def filled_in(part: ast.expr, constants: dict[str, object]) -> str:
    if isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Name):
        return str(constants.get(part.value.id, "…"))
    return part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else "…"


def table(heading: str) -> list[list[str]]:
    """The rows of the tables under the heading; of each its cells."""
    section = _TROUBLESHOOTING.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = [re.split(r" \| ", line.strip("| ")) for line in section.splitlines() if line.startswith("| ")]
    return [row for row in rows if row[0] not in {"you see", "---", "field", "`outcome`", "`rejection.type`"}]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def is_quoted_from_the_code(text: str, all_strings: list[str]) -> bool:
    parts = [part for between in text.split("…") for part in _COMPOSED.get(between.strip(), (between.strip(),))]
    return all(any(part in string for string in all_strings) for part in parts)


def test_symptoms_are_texts_of_the_code() -> None:
    all_strings = list(strings())

    missing = [
        text
        for heading in ("Setup and commands", "Synthesis", "Deployment", "The endpoint answers with an error")
        for row in table(heading)
        for text in quoted(row[0])
        if not is_quoted_from_the_code(text, all_strings)
    ]

    assert missing == []


def test_outcomes_and_reasons_of_rejections_are_those_of_the_code() -> None:
    all_strings = set(strings())

    rows = table("An update that was accepted has not arrived")
    named = {name for row in rows for name in quoted(row[0])} - {"rejection"}

    assert {name for name in named if name not in all_strings and not name.endswith("Exception")} == set()
    assert {"HeldUp", "Rejected", "Expired", "UnreadableMessage"} <= named


def test_every_error_of_amazon_connect_is_in_the_contracts_table() -> None:
    models = ROOT / "lambda" / "sdk_models" / "connect" / "2017-08-08" / "service-2.json"
    shapes = json.loads(models.read_text(encoding="utf-8"))["shapes"]
    errors = {name for name, shape in shapes.items() if shape.get("exception")}

    contract = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
    described = contract.partition("\n## Errors\n")[2].partition("\n## ")[0]

    assert {name for name in errors if f"`{name}`" not in described} == set()
    assert "ThrottlingException" in errors


def test_settings_of_the_app_are_all_documented() -> None:
    names = set(re.findall(r"""(?:context|_flag\([\w.]+, |_items\([\w.]+, |try_get_context)\(?["'](\w+)""", _app()))
    start = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    documented = {
        name
        for line in start.partition("\n## Settings of the deployable app\n")[2].splitlines()
        if line.startswith("| `")
        for name in quoted(line.split(" | ")[0])
    }

    assert documented == names
    assert {"queue", "instance_arn", "stack_name"} <= names


def test_figures_in_prose_are_those_that_were_measured() -> None:
    figures = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    queue = " ".join((ROOT / "docs" / "queue.md").read_text(encoding="utf-8").split())

    bursts = {
        (updates, contacts): (calls, seconds)
        for updates, contacts, calls, _, seconds in re.findall(
            r"^\| ([\d,]+) \| ([\d,]+) \| ([\d.]+) \| ([\d.]+) \| ([\d,]+) \|", figures, re.MULTILINE
        )
    }
    assert "5,000 updates of 500 contacts drains in {1} s with {0} calls".format(*bursts["5,000", "500"]) in queue
    assert f"5,000 updates of 5,000 contacts takes {bursts['5,000', '5,000'][1]} s" in queue

    starts = dict(re.findall(r"^\| cold start, CPU \| [^|]+ \| (\w+) \| [^|]+ \| ([\d.]+)", figures, re.MULTILINE))
    assert float(starts["Powertools"]) < 1 / 3, "decisions.md says so"
    assert float(starts["boto3"]) < 1 / 2, "decisions.md says so"


def test_figures_of_the_privacy_tests_are_those_that_they_assert() -> None:
    contract = " ".join((ROOT / "docs" / "contract.md").read_text(encoding="utf-8").split())
    planted = counts.ENDPOINT.planted + counts.QUEUE.planted
    searched = counts.ENDPOINT.searched + counts.QUEUE.searched

    assert f"plant more than {planted:,} marked values" in contract
    assert f"search more than {searched:,} texts" in contract
    deployed = counts.DEPLOYED
    assert f"plant more than {deployed.planted:,} and search more than {deployed.searched:,}" in contract


def _app() -> str:
    return (ROOT / "app.py").read_text(encoding="utf-8")
