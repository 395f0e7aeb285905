"""The contract on disk is what the cutting tool makes of botocore, and says what changed if it is not."""

from __future__ import annotations

import copy
import json
from typing import Any

import botocore
import pytest

from tools import cut_service_model
from tools.cut_service_model import CONTRACT, RULES, RuleError, cut, differences, generate

Model = dict[str, Any]


@pytest.fixture
def contract() -> Model:
    model: Model = json.loads(CONTRACT.read_text())
    return model


@pytest.fixture
def rules() -> list[Model]:
    stated: list[Model] = json.loads(RULES.read_text())["rules"]
    return stated


@pytest.fixture
def documented_model() -> Model:
    """A model with a documented member, a recursive shape and a shape that neither operation reaches."""
    operation = {"http": {"method": "POST"}, "input": {"shape": "In"}, "output": {"shape": "Out"}, "errors": []}
    return {
        "version": "2.0",
        "metadata": {"apiVersion": "2017-08-08"},
        "operations": {name: {"name": name, **operation} for name in cut_service_model.OPERATIONS}
        | {"Other": operation},
        "shapes": {
            "In": {
                "type": "structure",
                "members": {
                    "Tags": {"shape": "Tags", "documentation": "<p>At most <code>10</code> bytes.</p>"},
                    "documentation": {"shape": "Text", "documentation": "A member of this name."},
                },
            },
            "Tags": {"type": "map", "key": {"shape": "Text"}, "value": {"shape": "Tree"}},
            "Tree": {"type": "structure", "members": {"Inner": {"shape": "Trees"}}, "documentation": "Recursive."},
            "Trees": {"type": "list", "member": {"shape": "Tree"}},
            "Text": {"type": "string"},
            "Out": {"type": "structure", "members": {}},
            "Unused": {"type": "string"},
        },
    }


def test_contract_was_cut_from_the_installed_botocore(contract: Model) -> None:
    assert contract["metadata"]["cutFromBotocore"] == botocore.__version__, (
        "the contract was cut from another botocore than the one that is installed: "
        "install that one, or run `python tools/cut_service_model.py` and review what it changes"
    )


def test_contract_is_what_the_tool_makes_of_botocore_and_the_rules(contract: Model) -> None:
    changes = differences(contract, generate())

    assert changes == [], "the contract has drifted:\n" + "\n".join(changes)


def test_contract_file_is_written_as_the_tool_writes_it() -> None:
    assert CONTRACT.read_text() == json.dumps(generate(), indent=1) + "\n"


def test_check_succeeds_when_nothing_has_changed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["cut_service_model.py", "--check"])

    assert cut_service_model.main() == 0
    assert "is up to date with botocore " + botocore.__version__ in capsys.readouterr().out


def test_check_fails_and_names_what_changed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given: a botocore that allows longer names and knows one more member
    changed = generate()
    changed["shapes"]["Name"]["max"] = 2048
    changed["shapes"]["UpdateContactRequest"]["members"]["Nickname"] = {"shape": "Name"}
    monkeypatch.setattr(cut_service_model, "generate", lambda: changed)
    monkeypatch.setattr("sys.argv", ["cut_service_model.py", "--check"])

    # When / Then
    assert cut_service_model.main() == 1
    assert capsys.readouterr().out.splitlines() == [
        "shapes.Name.max: 1024 -> 2048",
        "shapes.UpdateContactRequest.members.Nickname: added",
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": {"max": 1024}}, {"a": {"max": 2048}}, ["a.max: 1024 -> 2048"]),
        ({"a": {}}, {"a": {"min": 1}}, ["a.min: added"]),
        ({"a": {"min": 1}}, {"a": {}}, ["a.min: removed"]),
        ({"enum": ["A"]}, {"enum": ["A", "B"]}, ['enum: ["A"] -> ["A", "B"]']),
        ({"a": {"b": 1}}, {"a": "b"}, ['a: {"b": 1} -> "b"']),
        ({"b": 1, "a": 1}, {"b": 2, "a": 2}, ["a: 1 -> 2", "b: 1 -> 2"]),
        ({"a": None}, {}, ["a: removed"]),
        ({"a": 1}, {"a": None}, ["a: 1 -> null"]),
    ],
)
def test_differences_name_each_place_that_changed(old: Model, new: Model, expected: list[str]) -> None:
    assert differences(old, new) == expected


def test_cut_keeps_what_the_operations_reach_and_nothing_else(documented_model: Model) -> None:
    result = cut(documented_model, [])

    assert list(result["operations"]) == list(cut_service_model.OPERATIONS)
    assert list(result["shapes"]) == ["In", "Out", "Tags", "Text", "Tree", "Trees"]


def test_cut_drops_documentation_but_not_a_member_of_that_name(documented_model: Model) -> None:
    shapes = cut(documented_model, [])["shapes"]

    assert shapes["In"]["members"] == {"Tags": {"shape": "Tags"}, "documentation": {"shape": "Text"}}
    assert shapes["Tree"] == {"type": "structure", "members": {"Inner": {"shape": "Trees"}}}


def test_cut_leaves_its_input_as_it_was(documented_model: Model) -> None:
    before = copy.deepcopy(documented_model)
    rule = {
        "shape": "Tags",
        "constraint": {"maxUtf8Bytes": 10},
        "documented_at": "In.Tags",
        "quote": "At most 10 bytes.",
    }

    result = cut(documented_model, [rule])

    assert result["shapes"]["Tags"]["maxUtf8Bytes"] == 10
    assert documented_model == before


@pytest.mark.parametrize("documented_at", ["In.Tags", "Tree"])
def test_cut_refuses_a_rule_that_is_no_longer_documented(documented_model: Model, documented_at: str) -> None:
    rule = {"shape": "Tags", "constraint": {}, "documented_at": documented_at, "quote": "At most 11 bytes."}

    with pytest.raises(RuleError, match=rf"{documented_at}: 'At most 11 bytes\.'.*connect_rules\.json"):
        cut(documented_model, [rule])


def test_tool_stops_and_says_why_when_a_rule_is_no_longer_documented(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Any, rules: list[Model]
) -> None:
    # Given: rules of which one quotes what botocore does not say
    rules[1]["quote"] = "You can have up to 65,536 UTF-8 bytes."
    changed = tmp_path / "connect_rules.json"
    changed.write_text(json.dumps({"rules": rules}))
    untouched = CONTRACT.read_text()
    monkeypatch.setattr(cut_service_model, "RULES", changed)
    monkeypatch.setattr("sys.argv", ["cut_service_model.py"])

    # When / Then
    assert cut_service_model.main() == 1
    assert "You can have up to 65,536 UTF-8 bytes." in capsys.readouterr().err
    assert CONTRACT.read_text() == untouched


def test_every_rule_is_in_the_contract(contract: Model, rules: list[Model]) -> None:
    for rule in rules:
        assert rule["constraint"].items() <= contract["shapes"][rule["shape"]].items()
