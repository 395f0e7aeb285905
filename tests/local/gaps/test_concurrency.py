"""How much of the account's concurrency a function may reserve."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from connect_constructs.local.cdk_cli import tool_environment
from connect_constructs.local.emulator import Emulator, emulator_python
from tests.local.gaps.emulated_aws import EmulatedAws

_REFUSED = (
    "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its "
    r"minimum value of \[10\]"
)


@pytest.fixture(scope="module")
def new_account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedAws]:
    """An account with ten concurrent executions, as new accounts may have."""
    directory = tmp_path_factory.mktemp("new-account")
    with Emulator(
        emulator_python(tool_environment()), directory, connect_url="http://127.0.0.1:1", account_concurrency=10
    ) as emulator:
        yield EmulatedAws(emulator.url)


def test_new_account_can_reserve_nothing_but_zero(new_account: EmulatedAws) -> None:
    functions, name = new_account.client("lambda"), new_account.create_function()

    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError, match=_REFUSED) as refused:
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)

    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"
    assert functions.get_account_settings()["AccountLimit"]["ConcurrentExecutions"] == 10


def test_reservations_of_all_functions_count(aws: EmulatedAws) -> None:
    functions, names = aws.client("lambda"), [aws.create_function() for _ in range(2)]
    functions.put_function_concurrency(FunctionName=names[0], ReservedConcurrentExecutions=980)

    with pytest.raises(ClientError, match=_REFUSED):
        functions.put_function_concurrency(FunctionName=names[1], ReservedConcurrentExecutions=11)
    functions.put_function_concurrency(FunctionName=names[1], ReservedConcurrentExecutions=10)

    # A function's own existing reservation is not counted twice.
    functions.put_function_concurrency(FunctionName=names[0], ReservedConcurrentExecutions=979)
    for name in names:
        functions.delete_function_concurrency(FunctionName=name)


def test_stack_that_reserves_too_much_fails_and_rolls_back(new_account: EmulatedAws) -> None:
    stack = new_account.create_stack(_function(new_account, ReservedConcurrentExecutions=2))

    assert stack.status() == "ROLLBACK_COMPLETE"
    assert any(_REFUSED.replace("\\", "") in reason for reason in stack.failures())


def test_stack_sets_changes_and_removes_the_reservation(aws: EmulatedAws) -> None:
    functions = aws.client("lambda")
    stack = aws.create_stack(_function(aws, ReservedConcurrentExecutions=2))
    assert stack.status() == "CREATE_COMPLETE"
    name = stack.physical_id("Function")

    def reserved() -> Any:
        return functions.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions")

    created = reserved()
    stack.update(_function(aws, ReservedConcurrentExecutions=3))
    assert (stack.status(), stack.failures()) == ("UPDATE_COMPLETE", [])
    changed = reserved()
    stack.update(_function(aws))
    assert (stack.status(), stack.failures()) == ("UPDATE_COMPLETE", [])

    assert (created, changed, reserved()) == (2, 3, None)


def _function(aws: EmulatedAws, **properties: Any) -> dict[str, Any]:
    function = {
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": aws.create_role({"Service": "lambda.amazonaws.com"}),
        "Code": {"ZipFile": "def handler(event, context): pass"},
        **properties,
    }
    return {"Function": {"Type": "AWS::Lambda::Function", "Properties": function}}
