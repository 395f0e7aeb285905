"""Links of the package index's page."""

from __future__ import annotations

import pytest

from tools.release.index_page import dead_links

REPOSITORY = "https://github.com/owner/name"


def dead(markdown: str) -> list[str]:
    return dead_links(markdown, repository=REPOSITORY, tag="v1.0.0", files={"docs", "docs/queue.md", "docs/queue.svg"})


@pytest.mark.parametrize(
    "markdown",
    [
        f"[queue]({REPOSITORY}/blob/v1.0.0/docs/queue.md#what-is-promised)",
        f"![queue]({REPOSITORY}/raw/v1.0.0/docs/queue.svg)",
        f'<img src="{REPOSITORY}/raw/v1.0.0/docs/queue.svg">',
        f"[folder]({REPOSITORY}/tree/v1.0.0/docs/)",
        "[elsewhere](https://example.com/docs/nothing)",
        "[below](#below)",
    ],
)
def test_link_that_leads_somewhere(markdown: str) -> None:
    assert dead(markdown) == []


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("docs/queue.md", "not absolute"),
        (f"{REPOSITORY}/blob/v1.0.0/docs/queues.md", "v1.0.0 has no docs/queues.md"),
        (f"{REPOSITORY}/raw/v1.0.0/docs/chart.svg", "v1.0.0 has no docs/chart.svg"),
        (f"{REPOSITORY}/blob/main/docs/queue.md", "not a file of v1.0.0"),
    ],
)
def test_dead_link_is_named(target: str, said: str) -> None:
    assert dead(f"[a link]({target})") == [f"{target}: {said}"]
    assert dead(f'<a href="{target}">a link</a>') == [f"{target}: {said}"]
