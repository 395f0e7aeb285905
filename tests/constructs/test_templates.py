"""Whole templates, checked against their snapshots. `findings` runs rule packs over them."""

from __future__ import annotations

import pytest
from aws_cdk import Stack
from syrupy.assertion import SnapshotAssertion

from connect_constructs.testing import TemplateSnapshotExtension
from tests.constructs.stacks import (
    maximal_monitoring_stack,
    maximal_queue_stack,
    maximal_stack,
    minimal_stack,
    monitoring_stack,
    private_stack,
    queue_stack,
)


@pytest.fixture(scope="module")
def minimal() -> Stack:
    return minimal_stack()


@pytest.fixture(scope="module")
def maximal() -> Stack:
    return maximal_stack()


@pytest.fixture(scope="module")
def private() -> Stack:
    return private_stack()


@pytest.fixture(scope="module")
def queue() -> Stack:
    return queue_stack()


@pytest.fixture(scope="module")
def maximal_queue() -> Stack:
    return maximal_queue_stack()


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(TemplateSnapshotExtension)


@pytest.fixture(scope="module")
def monitoring() -> Stack:
    return monitoring_stack()


@pytest.fixture(scope="module")
def maximal_monitoring() -> Stack:
    return maximal_monitoring_stack()


def test_minimal_template_is_as_it_was(minimal: Stack, snapshot: SnapshotAssertion) -> None:
    assert minimal == snapshot


def test_maximal_template_is_as_it_was(maximal: Stack, snapshot: SnapshotAssertion) -> None:
    assert maximal == snapshot


def test_private_template_is_as_it_was(private: Stack, snapshot: SnapshotAssertion) -> None:
    assert private == snapshot


def test_queue_template_is_as_it_was(queue: Stack, snapshot: SnapshotAssertion) -> None:
    assert queue == snapshot


def test_maximal_queue_template_is_as_it_was(maximal_queue: Stack, snapshot: SnapshotAssertion) -> None:
    assert maximal_queue == snapshot


def test_monitoring_template_is_as_it_was(monitoring: Stack, snapshot: SnapshotAssertion) -> None:
    assert monitoring == snapshot


def test_maximal_monitoring_template_is_as_it_was(maximal_monitoring: Stack, snapshot: SnapshotAssertion) -> None:
    assert maximal_monitoring == snapshot
