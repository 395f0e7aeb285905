"""Cut the contract out of the Amazon Connect service model of the installed botocore.

    python tools/cut_service_model.py            write lambda/sdk_models/connect/2017-08-08/service-2.json
    python tools/cut_service_model.py --check    exit with 1 if that file differs from what would be written

The contract has the two update operations with all their shapes, without documentation. The rules of
connect_rules.json, which the model only states in its documentation, are merged into it. Each rule quotes its sentence:
if botocore's documentation no longer has that sentence, because AWS dropped or changed the rule, the tool stops.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

import botocore
from botocore.loaders import Loader

OPERATIONS = ("UpdateContactAttributes", "UpdateContact")
API_VERSION = "2017-08-08"
ROOT = Path(__file__).resolve().parent.parent
RULES = Path(__file__).resolve().parent / "connect_rules.json"
CONTRACT = ROOT / "lambda" / "sdk_models" / "connect" / API_VERSION / "service-2.json"

Model = dict[str, Any]


class RuleError(Exception):
    """The documentation no longer states a rule."""


def cut(model: Model, rules: list[Model]) -> Model:
    """The contract: `model` reduced to the two operations, with `rules` merged into its shapes."""
    shapes: Model = {}
    for name in OPERATIONS:
        operation = model["operations"][name]
        for reference in (operation["input"], operation["output"], *operation["errors"]):
            _collect(model["shapes"], reference["shape"], shapes)
    for rule in rules:
        _confirm(model, rule)
        shapes[rule["shape"]].update(rule["constraint"])
    return {
        "version": model["version"],
        "metadata": {**model["metadata"], "cutFromBotocore": botocore.__version__},
        "operations": {name: _undocumented(model["operations"][name]) for name in OPERATIONS},
        "shapes": {name: shapes[name] for name in sorted(shapes)},
    }


def _collect(shapes: Model, name: str, found: Model) -> None:
    if name in found:
        return
    found[name] = _undocumented(shapes[name])
    shape = shapes[name]
    inner = [*shape.get("members", {}).values(), *(shape[part] for part in ("key", "value", "member") if part in shape)]
    for reference in inner:
        _collect(shapes, reference["shape"], found)


def _undocumented(value: Any) -> Any:
    """A copy without the `documentation` texts; a member that happens to have that name stays."""
    if isinstance(value, dict):
        return {
            key: _undocumented(item)
            for key, item in value.items()
            if not (key == "documentation" and isinstance(item, str))
        }
    if isinstance(value, list):
        return [_undocumented(item) for item in value]
    return value


def _confirm(model: Model, rule: Model) -> None:
    name, _, member = rule["documented_at"].partition(".")
    documented = model["operations"].get(name) or model["shapes"][name]
    if member:
        documented = documented["members"][member]
    text = re.sub(r"<[^>]+>", "", documented.get("documentation", ""))
    if rule["quote"] not in text:
        raise RuleError(
            f"botocore {botocore.__version__} no longer documents at {rule['documented_at']}: "
            f"{rule['quote']!r}. Read what it says now and correct {RULES.name}."
        )


def differences(old: Any, new: Any, path: str = "") -> list[str]:
    """The differences between two models, one line for each, such as `shapes.Name.max: 1024 -> 2048`."""
    if isinstance(old, dict) and isinstance(new, dict):
        lines = []
        for key in sorted(old.keys() | new.keys()):
            inner = f"{path}.{key}" if path else key
            if key not in new:
                lines.append(f"{inner}: removed")
            elif key not in old:
                lines.append(f"{inner}: added")
            else:
                lines += differences(old[key], new[key], inner)
        return lines
    return [] if old == new else [f"{path}: {json.dumps(old)} -> {json.dumps(new)}"]


def generate() -> Model:
    """The contract from the installed botocore and connect_rules.json."""
    loader = Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)
    model = loader.load_service_model("connect", "service-2", API_VERSION)
    return cut(json.loads(json.dumps(model)), json.loads(RULES.read_text())["rules"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only compare, write nothing")
    arguments = parser.parse_args()
    try:
        contract = generate()
    except RuleError as error:
        print(error, file=sys.stderr)
        return 1
    if arguments.check:
        changes = differences(json.loads(CONTRACT.read_text()), contract)
        print("\n".join(changes) or f"{CONTRACT.relative_to(ROOT)} is up to date with botocore {botocore.__version__}")
        return 1 if changes else 0
    CONTRACT.parent.mkdir(parents=True, exist_ok=True)
    CONTRACT.write_text(json.dumps(contract, indent=1) + "\n")
    print(f"wrote {CONTRACT.relative_to(ROOT)} from botocore {botocore.__version__}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
