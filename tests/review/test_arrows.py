"""The review stands alone: it imports the standard library and itself."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.review.templates import Json, allow, policy, resource, role, template

ROOT = Path(__file__).parents[2]
REVIEW = ROOT / "connect_constructs" / "_review"
PACKAGE = "connect_constructs._review"


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import"
            assert node.module
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def modules() -> dict[str, Path]:
    return {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file
        for file in REVIEW.rglob("*.py")
    }


def test_imports_are_of_the_standard_library_and_of_the_review() -> None:
    for file in modules().values():
        for name in imported(file):
            top = name.split(".")[0]
            assert top in sys.stdlib_module_names or name.startswith(PACKAGE), f"{file.name} imports {name}"


def test_modules_import_each_other_in_one_direction() -> None:
    names = modules()
    graph = {name: {one for one in imported(file) if one in names and one != name} for name, file in names.items()}
    done: set[str] = set()
    while len(done) < len(graph):
        free = {name for name, needs in graph.items() if name not in done and needs <= done | {PACKAGE}}
        assert free, f"these import each other in a circle: {sorted(set(graph) - done)}"
        done |= free


def test_review_loads_no_other_package() -> None:
    # With -I and -S neither site-packages nor this folder's other packages can be found by chance.
    program = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); "
        f"from {PACKAGE} import command, review, text, markdown, structured; "
        "print(*sorted({name.split('.')[0] for name in sys.modules} - set(sys.stdlib_module_names)))"
    )
    printed = subprocess.run([sys.executable, "-I", "-S", "-c", program], check=True, capture_output=True, text=True)
    assert printed.stdout.split() == ["__main__", "connect_constructs"]


def test_command_line_loads_the_review_only_when_it_runs() -> None:
    program = f"import sys, connect_constructs.cli; print(*(one for one in sys.modules if one.startswith({PACKAGE!r})))"
    printed = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    assert set(printed.stdout.split()) == {PACKAGE, f"{PACKAGE}.command"}


def large(threshold: int) -> Json:
    """500 resources of several kinds, which refer to each other."""
    resources: Json = {}
    for number in range(100):
        queue_arn = {"Fn::GetAtt": [f"Queue{number}", "Arn"]}
        resources |= {
            f"Queue{number}": resource("AWS::SQS::Queue", {"VisibilityTimeout": 30}),
            f"Role{number}": role(),
            f"Policy{number}": resource(
                "AWS::IAM::Policy",
                {
                    "PolicyName": "p",
                    "Roles": [{"Ref": f"Role{number}"}],
                    "PolicyDocument": policy(
                        allow(["sqs:ReceiveMessage", "sqs:DeleteMessage"], queue_arn),
                        allow(
                            "s3:Get*", {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, f":s3:::b{threshold}/*"]]}
                        ),
                    ),
                },
            ),
            f"Function{number}": resource("AWS::Lambda::Function", {"Role": {"Fn::GetAtt": [f"Role{number}", "Arn"]}}),
            f"Alarm{number}": resource(
                "AWS::CloudWatch::Alarm", {"ComparisonOperator": "GreaterThanThreshold", "Threshold": threshold}
            ),
        }
    return template(resources)


def test_template_of_500_resources_is_quick(tmp_path: Path) -> None:
    """Import and review took 0.4 s of processor time when this was written; only a multiple of that fails."""
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(json.dumps(large(5)))
    new.write_text(json.dumps(large(6)))
    program = (
        "import time; from connect_constructs.cli import main; "
        f"main(['review', {str(old)!r}, {str(new)!r}, '--format', 'json']); "
        "import sys; print(time.process_time(), file=sys.stderr)"
    )

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)

    assert len(json.loads(done.stdout)["findings"]) == 300
    assert float(done.stderr) < 3


def test_renamed_template_of_500_resources_is_quick() -> None:
    from connect_constructs._review.reading import StackInput
    from connect_constructs._review.review import review

    old = large(5)
    new = json.loads(
        json.dumps(old).replace('"Queue', '"Renamed').replace('"Role', '"Other').replace('"OtherName', '"RoleName')
    )
    started = time.process_time()

    found = review([StackInput("S", old)], [StackInput("S", new)]).findings

    assert len(found) > 100
    assert time.process_time() - started < 5
