"""The CI jobs of examples/review, whose steps run here as a runner would run them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.review.templates import Json, resource, template

ROOT = Path(__file__).parents[2]
GITHUB = ROOT / "examples" / "review" / "github.yml"
GITLAB = ROOT / "examples" / "review" / "gitlab.yml"
SNAPSHOTS = Path("tests", "__snapshots__")
GIT, BASH = (shutil.which(program) or program for program in ("git", "bash"))

QUEUE = template({"Q": resource("AWS::SQS::Queue", {"VisibilityTimeout": 30}), "T": resource("AWS::SNS::Topic")})
NO_QUEUE = template({"T": resource("AWS::SNS::Topic")})

# GitHub's command line, as far as the job uses it: lists, changes and adds comments, which it keeps in a file.
GH = """\
#!/usr/bin/env bash
set -eu
[ "$1" = api ] && shift
case "$*" in
  "--paginate repos/o/r/issues/7/comments --jq "*)
    jq --raw-output "$4" comments.json ;;
  "--silent --method PATCH repos/o/r/issues/comments/3 --field body=@comment.md")
    jq --rawfile body comment.md 'map(if .id == 3 then .body = $body else . end)' comments.json > new.json ;;
  "--silent --method POST repos/o/r/issues/7/comments --field body=@comment.md")
    new='{id: 3, user: {login: "github-actions[bot]"}, body: $body}'
    jq --rawfile body comment.md ". + [$new]" comments.json > new.json ;;
  *)
    echo "unexpected: gh api $*" >&2; exit 1 ;;
esac
[ ! -e new.json ] || mv new.json comments.json
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose first commit has a snapshot with a queue."""
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    commit(tmp_path, QUEUE)
    return tmp_path


def git(repository: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=n", "-c", "user.email=e@example.com")
    done = subprocess.run([GIT, *identity, *arguments], cwd=repository, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(repository: Path, snapshot: Json) -> str:
    file = repository / SNAPSHOTS / "stack.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(snapshot))
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--allow-empty", "--message", "m")
    return git(repository, "rev-parse", "HEAD")


def github_step(job: str, name: str) -> str:
    steps: list[dict[str, Any]] = yaml.safe_load(GITHUB.read_text(encoding="utf-8"))["jobs"][job]["steps"]
    (step,) = [step["run"] for step in steps if step.get("name") == name]
    return str(step)


def bash(script: str, cwd: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a step as GitHub's and GitLab's runners do, with this environment's commands."""
    path = os.pathsep.join([str(cwd), str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, **variables}
    return subprocess.run([BASH, "-e"], input=script, cwd=cwd, env=environment, capture_output=True, text=True)


def review_on_github(repository: Path, base: str) -> tuple[int, str]:
    """The step's exit status and the summary."""
    summary = repository / "summary.md"
    summary.write_text("")
    done = bash(github_step("review", "review"), repository, BASE=base, GITHUB_STEP_SUMMARY=str(summary))
    return done.returncode, summary.read_text(encoding="utf-8")


def test_workflow_of_this_repository_is_the_example() -> None:
    own = (ROOT / ".github" / "workflows" / "review.yml").read_text(encoding="utf-8")
    # Without the comments above it.
    example = GITHUB.read_text(encoding="utf-8").partition("\nname:")[2]
    example = example.replace("tests/__snapshots__", "tests/constructs/__snapshots__")
    assert own.partition("\nname:")[2] == example.replace("--no-deps connect-constructs", "--no-deps .")


def test_report_on_github_is_in_the_summary_and_findings_fail_the_job(repository: Path) -> None:
    base = git(repository, "rev-parse", "HEAD")
    commit(repository, NO_QUEUE)

    status, summary = review_on_github(repository, base)

    assert status == 1
    assert "### 1 Data lost or stranded" in summary
    assert summary == (repository / "report.md").read_text(encoding="utf-8")


def test_job_on_github_passes_without_findings(repository: Path) -> None:
    base = git(repository, "rev-parse", "HEAD")
    commit(repository, QUEUE)

    status, summary = review_on_github(repository, base)

    assert status == 0
    assert "no difference found" in summary


def test_job_on_github_fails_without_a_report_if_the_base_is_unknown(repository: Path) -> None:
    assert review_on_github(repository, "0" * 40) == (2, "")


def test_only_the_comment_job_may_write_and_it_checks_out_nothing() -> None:
    jobs = yaml.safe_load(GITHUB.read_text(encoding="utf-8"))
    assert jobs["permissions"] == {}
    assert {name: job["permissions"] for name, job in jobs["jobs"].items()} == {
        "review": {"contents": "read"},
        "comment": {"pull-requests": "write"},
    }
    (download, comment) = jobs["jobs"]["comment"]["steps"]
    assert download["uses"].startswith("actions/download-artifact@")
    # An expression would be part of the script before it runs.
    assert "${{" not in comment["run"]


@pytest.fixture
def comments(tmp_path: Path) -> Path:
    """The comments of a pull request, and a `gh` that works on them."""
    if not shutil.which("jq"):
        pytest.skip("jq is missing")
    (tmp_path / "gh").write_text(GH)
    (tmp_path / "gh").chmod(0o755)
    file = tmp_path / "comments.json"
    file.write_text(
        json.dumps(
            [
                {"id": 1, "user": {"login": "github-actions[bot]"}, "body": "Another job's."},
                {"id": 2, "user": {"login": "someone"}, "body": "<!-- template review -->\nA person's."},
            ]
        )
    )
    return file


def comment_on_github(comments: Path, report: bytes) -> list[dict[str, Any]]:
    (comments.parent / "report.md").write_bytes(report)
    done = bash(github_step("comment", "comment"), comments.parent, REPOSITORY="repos/o/r", NUMBER="7")
    assert done.returncode == 0, done.stderr
    return list(json.loads(comments.read_text(encoding="utf-8")))


def test_second_report_replaces_the_first_comment_and_no_other(comments: Path) -> None:
    others = json.loads(comments.read_text(encoding="utf-8"))

    first = comment_on_github(comments, b"one")
    second = comment_on_github(comments, b"two")

    assert first[:2] == second[:2] == others
    assert [comment["body"] for comment in first[2:]] == ["<!-- template review -->\none"]
    assert [comment["body"] for comment in second[2:]] == ["<!-- template review -->\ntwo"]


def test_comment_mentions_nobody_runs_nothing_and_is_cut(comments: Path) -> None:
    hostile = b'@team $(touch ran) `touch ran` "; touch ran; \n' + "é".encode() * 50_000

    (*_, comment) = comment_on_github(comments, hostile)

    assert "@\u200bteam $(touch ran)" in comment["body"]
    assert not (comments.parent / "ran").exists()
    # GitHub's maximum is 65,536 characters.
    assert len(comment["body"].encode()) < 60_100
    assert comment["body"].endswith("é")


def test_comment_of_nothing_but_mentions_is_short_enough(comments: Path) -> None:
    (*_, comment) = comment_on_github(comments, b"@" * 60_000)
    assert len(comment["body"]) < 60_100


def test_job_on_gitlab_prints_the_report_and_findings_fail_it(repository: Path) -> None:
    base = git(repository, "rev-parse", "HEAD")
    commit(repository, NO_QUEUE)
    job = yaml.safe_load(GITLAB.read_text(encoding="utf-8"))["template review"]
    install, review = job["script"]

    done = bash(review, repository, CI_MERGE_REQUEST_DIFF_BASE_SHA=base)

    assert install == "pip install --no-deps connect-constructs"
    assert done.returncode == 1
    assert "### 1 Data lost or stranded" in done.stdout
    assert [path for path in job["artifacts"]["paths"] if (repository / path).is_file()] == ["report.md"]
