"""The command: what it reads, prints and ends with."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connect_constructs.cli import main
from tests.review.templates import Json, resource, template

ROOT = Path(__file__).parents[2]
OLD = template({"Q": resource("AWS::SQS::Queue", {"VisibilityTimeout": 30}), "T": resource("AWS::SNS::Topic")})
HARMFUL = template({"T": resource("AWS::SNS::Topic")})
OTHER = template({"Q": resource("AWS::SQS::Queue", {"VisibilityTimeout": 60}), "T": resource("AWS::SNS::Topic")})


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Any], str]:
    """Writes a file into the current folder; its name."""
    monkeypatch.chdir(tmp_path)

    def written(name: str, content: Any) -> str:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(content if isinstance(content, str) else json.dumps(content))
        return name

    return written


def run(*arguments: str) -> int:
    return main(["review", *arguments])


def test_no_difference_ends_with_0(write: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(write("old.json", OLD), write("new.json", OLD)) == 0
    out = capsys.readouterr().out
    assert "1 stack compared: no difference found" in out
    assert "The code of functions, images and other assets is not compared." in out


def test_finding_ends_with_1(write: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(write("old.json", OLD), write("new.json", HARMFUL)) == 1
    out = capsys.readouterr().out
    assert "1 Data lost or stranded" in out
    assert "AWS::SQS::Queue is removed; it had no DeletionPolicy, which means Delete" in out


def test_other_change_ends_with_0(write: Callable[..., str]) -> None:
    assert run(write("old.json", OLD), write("new.json", OTHER)) == 0


@pytest.mark.parametrize(
    ("fail_on", "status"),
    [("none", 0), ("2-6", 0), ("data", 1), ("1", 1), ("exposure,permissions", 0), ("other,data", 1), ("1-9", 1)],
)
def test_fail_on_says_what_fails(write: Callable[..., str], fail_on: str, status: int) -> None:
    assert run(write("old.json", OLD), write("new.json", HARMFUL), "--fail-on", fail_on) == status


def test_unknown_about_security_fails_and_other_unknowns_do_not(write: Callable[..., str]) -> None:
    def of(name: str, value: Any) -> Json:
        given = {"P": {"Type": "String"}}
        return template({"It": resource(name, value)}, Parameters=given)

    computed = {"Ref": "P"}
    protection = [of("AWS::SQS::Queue", {"SqsManagedSseEnabled": value}) for value in (True, computed)]
    exposure = [of("AWS::Lambda::Url", {"AuthType": value}) for value in ("AWS_IAM", computed)]
    for (old, new), status in ((protection, 0), (exposure, 1)):
        assert run(write("old.json", old), write("new.json", new)) == status
    assert run(write("old.json", protection[0]), write("new.json", protection[1]), "--fail-on", "unknown") == 1


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_characters_that_the_terminal_lacks_are_written_as_escapes(write: Callable[..., str], form: str) -> None:
    for name, text in (("old", "é\ud800→"), ("new", "ü")):
        write(f"{name}.json", template({"T": resource("AWS::SNS::Topic", {"DisplayName": text})}))
    program = "import sys; from connect_constructs.cli import main; sys.exit(main(sys.argv[1:]))"
    done = subprocess.run(
        [sys.executable, "-c", program, "review", "old.json", "new.json", "--format", form],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.isascii()


BROKEN = [
    (["old.json"], "expected OLD and NEW"),
    (["old.json", "old.json", "old.json"], "expected OLD and NEW"),
    (["old.json", "missing.json"], "no such file"),
    (["old.json", "folder"], "one of each"),
    (["folder", "folder"], "has no manifest.json"),
    (["old.json", "no-json.json"], "expected JSON"),
    (["old.json", "yaml.yaml"], "YAML is not read"),
    (["old.json", "list.json"], "expected a CloudFormation template"),
    (["old.json", "other.json"], "expected a CloudFormation template"),
    (["old.json", "resources.json"], "expected Resources to be an object"),
    (["old.json", "no-type.json"], "expected the resource A to be an object with a Type"),
    (["old.json", "binary.json"], "expected UTF-8"),
    (["old.json", "deep.json"], "nested too deep"),
    (["old.json", "old.json", "--fail-on", "everything"], "--fail-on: expected numbers"),
    (["old.json", "old.json", "--accepted", "missing.toml"], "missing.toml"),
    (["old.json", "--base", "HEAD"], "git rev-parse"),
]


@pytest.mark.parametrize(("arguments", "said"), BROKEN, ids=[" ".join(arguments) for arguments, _ in BROKEN])
def test_what_cannot_be_read_ends_with_2(
    write: Callable[..., str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    said: str,
) -> None:
    write("old.json", OLD)
    write("no-json.json", "{")
    write("yaml.yaml", "Resources:\n  A: 1\n")
    write("list.json", [])
    write("other.json", {"version": 1})
    write("resources.json", {"Resources": []})
    write("no-type.json", {"Resources": {"A": {}}})
    write("deep.json", '{"Resources": ' + '{"a":' * 100_000)
    Path("binary.json").write_bytes(b"\xff\xfe\x00")
    Path("folder").mkdir()
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(Path.cwd().parent))

    assert run(*arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
    assert captured.err.startswith("error: ")
    assert len(captured.err.splitlines()) == 1


def test_wrong_option_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run("--format", "xml", "a", "b")
    assert ended.value.code == 2


def test_help_tells_the_classes_and_the_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run("--help")
    assert ended.value.code == 0
    out = capsys.readouterr().out
    for said in ("--base REF", "exit status:", "review-accepted.toml", "unknown-security", "1 data"):
        assert said in out
    assert max(map(len, out.splitlines())) <= 100


# Accepted findings


def finding_ids(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    run(*arguments, "--format", "json")
    return [one["id"] for one in json.loads(capsys.readouterr().out)["findings"]]


def test_accepted_finding_does_not_fail(write: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    files = (write("old.json", OLD), write("new.json", HARMFUL))
    (found, *_) = finding_ids(capsys, *files)
    write("review-accepted.toml", f'[[accepted]]\nid = "{found}"\nreason = "Nothing is in it."\n')

    assert run(*files) == 0
    out = capsys.readouterr().out
    assert "accepted: Nothing is in it." in out
    assert "0 to look at, 1 accepted" in out


def test_accepted_finding_with_another_value_fails_and_is_stale(
    write: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    files = (write("old.json", OLD), write("new.json", HARMFUL))
    (found, *_) = finding_ids(capsys, *files)
    write("accepted.toml", f'[[accepted]]\nid = "{found}"\nreason = "Nothing is in it."\n')
    write("old.json", OTHER)

    assert run(*files, "--accepted", "accepted.toml") == 1
    assert f"warning: accepted, and no longer found: {found}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "content",
    [
        "[[accepted]",
        "accepted = 1",
        '[[accepted]]\nid = "a"',
        '[[accepted]]\nid = "a"\nreason = " "',
        "other = 1",
        '[[accepted]]\nid = "a"\nreason = "r"\n' * 2,
    ],
)
def test_broken_file_of_accepted_findings_ends_with_2(
    write: Callable[..., str], capsys: pytest.CaptureFixture[str], content: str
) -> None:
    write("review-accepted.toml", content)
    assert run(write("old.json", OLD), write("new.json", OLD)) == 2
    assert capsys.readouterr().err.startswith("error: review-accepted.toml: ")


# Against the merge base


def git(*arguments: str) -> None:
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)  # noqa: S607


@pytest.fixture
def repository(write: Callable[..., str]) -> Callable[..., str]:
    """A repository with two committed snapshots, on a branch of its own."""
    git("init", "--initial-branch", "main")
    write("snapshots/one.json", OLD)
    write("snapshots/two.json", OLD)
    write("snapshots/other.json", ["no template"])
    write("snapshots/readme.md", "text")
    git("add", ".")
    git("commit", "--message", "first")
    git("checkout", "-b", "work")
    return write


def test_committed_snapshots_are_compared_with_the_merge_base(
    repository: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    repository("snapshots/one.json", HARMFUL)
    git("commit", "--all", "--message", "change")
    # What happens on main meanwhile is no change of the branch.
    git("checkout", "main")
    repository("snapshots/two.json", HARMFUL)
    git("commit", "--all", "--message", "on main")
    git("checkout", "work")

    assert run("--base", "main", "snapshots") == 1
    out = capsys.readouterr().out
    assert "snapshots/one.json: Q" in out
    assert "two.json" not in out


def test_uncommitted_and_new_snapshots_are_compared(
    repository: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    repository("snapshots/one.json", HARMFUL)
    repository("snapshots/three.json", OLD)

    assert run("--base", "main", "snapshots") == 1
    out = capsys.readouterr().out
    assert "2 stacks compared" in out
    assert "snapshots/three.json: The stack is new" in out


def test_removed_snapshot_is_a_missing_stack(
    repository: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("snapshots/one.json").unlink()
    assert run("--base", "main", "snapshots/one.json") == 0
    assert "stays deployed until it is destroyed" in capsys.readouterr().out


def test_unchanged_snapshots_are_no_finding(repository: Callable[..., str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--base", "main", "snapshots") == 0
    assert "0 stacks compared: no difference found" in capsys.readouterr().out


def test_paths_are_relative_to_the_current_folder(
    repository: Callable[..., str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    repository("snapshots/one.json", HARMFUL)
    monkeypatch.chdir("snapshots")
    assert run("--base", "main", "one.json") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--base", "no-such", "snapshots"], "no-such: no such revision"),
        (["--base", "--help", "snapshots"], ""),
        (["--base", "main", "nowhere"], "nowhere: neither here nor in the merge base"),
        (["--base", "main", "snapshots/other.json"], "expected a CloudFormation template"),
    ],
)
def test_what_git_cannot_give_ends_with_2(
    repository: Callable[..., str], capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    repository("snapshots/other.json", ["changed"])
    try:
        assert run(*arguments) == 2
    except SystemExit as ended:
        assert ended.code == 2  # noqa: PT017
    assert said in capsys.readouterr().err


def test_branch_without_a_common_commit_is_said(
    repository: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    git("checkout", "--orphan", "alone")
    git("commit", "--message", "alone", "--allow-empty")
    assert run("--base", "main", "snapshots") == 2
    assert "no commit in common" in capsys.readouterr().err


def test_configuration_of_the_repository_runs_no_program(
    repository: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    for key, program in (
        ("core.fsmonitor", "touch ran"),
        ("diff.external", "touch ran"),
        ("diff.json.textconv", "touch ran"),
    ):
        git("config", key, program)
    repository(".gitattributes", "*.json diff=json\n")
    repository("snapshots/one.json", HARMFUL)
    Path("ran").unlink(missing_ok=True)

    assert run("--base", "main", "snapshots") == 1
    assert not Path("ran").exists()


@pytest.mark.parametrize("paths", [["snapshots"], ["snapshots/one.json"], ["."]])
def test_links_are_not_followed(
    repository: Callable[..., str], capsys: pytest.CaptureFixture[str], tmp_path: Path, paths: list[str]
) -> None:
    outside = tmp_path.parent / f"{tmp_path.name} outside"
    outside.mkdir()
    (outside / "one.json").write_text(json.dumps(HARMFUL))

    Path("snapshots/one.json").unlink()
    Path("snapshots/one.json").symlink_to(outside / "one.json")
    assert run("--base", "main", *paths) == 2
    assert "snapshots/one.json: is a symbolic link" in capsys.readouterr().err

    shutil.rmtree("snapshots")
    Path("snapshots").symlink_to(outside)
    assert run("--base", "main", *paths) == 2
    assert "is a symbolic link" in capsys.readouterr().err


def test_link_in_the_base_is_no_template(repository: Callable[..., str]) -> None:
    Path("snapshots/link.json").symlink_to("one.json")
    git("add", ".")
    git("commit", "--message", "a link")
    git("branch", "--force", "main")
    Path("snapshots/link.json").unlink()
    assert run("--base", "main", "snapshots") == 0


def test_binary_file_called_json_ends_with_2(
    repository: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("snapshots/other.json").write_bytes(b"\xff\xfe\0")
    assert run("--base", "main", "snapshots") == 2
    assert capsys.readouterr().err.endswith("snapshots/other.json: expected UTF-8 text\n")


def test_byte_order_mark_is_no_part_of_the_template(repository: Callable[..., str]) -> None:
    Path("snapshots/one.json").write_text(json.dumps(OLD), encoding="utf-8-sig")
    git("commit", "--all", "--message", "with a mark")
    git("branch", "--force", "main")
    repository("snapshots/one.json", OTHER)
    assert run("--base", "main", "snapshots") == 0
