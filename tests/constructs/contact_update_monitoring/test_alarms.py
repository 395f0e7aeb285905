"""When the alarms go off, what they say, and what is then done."""

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from aws_cdk.assertions import Template

from tests.constructs.contact_update_monitoring.monitoring_stacks import WATCHED, alarms_of, new_monitoring
from tests.constructs.stacks import logical_id, new_stack

THRESHOLDS = {
    "stalled_updates_threshold": (["StalledUpdates"], 0),
    "rejected_updates_threshold": (["RejectedUpdates"], 0),
    "access_denied_threshold": (["AccessDenied"], 0),
    "updates_in_flight_threshold": (["UpdatesInFlight"], 80_000),
    "server_errors_threshold": (["ServerErrors"], 5),
    "throttled_invocations_threshold": (["ApiFunctionThrottles", "QueueFunctionThrottles"], 0),
}


@pytest.fixture(scope="module")
def alarms() -> dict[str, dict[str, Any]]:
    """The alarms of an endpoint before a queue, by name."""
    monitoring = new_monitoring()
    return alarms_of(Template.from_stack(monitoring.dashboard.stack))


@pytest.mark.parametrize("watched", WATCHED)
def test_alarms_are_those_of_what_is_watched(watched: str) -> None:
    monitoring = new_monitoring(watched)

    assert list(monitoring.alarms) == WATCHED[watched]
    assert alarms_of(Template.from_stack(monitoring.dashboard.stack)).keys() == set(WATCHED[watched])
    for name, alarm in monitoring.alarms.items():
        assert alarm.node.path == f"{monitoring.node.path}/{name}"


def test_stalled_updates_are_an_alarm_after_fifteen_minutes(alarms: dict[str, dict[str, Any]]) -> None:
    alarm = alarms["StalledUpdates"]

    expression, *parts = alarm["Metrics"]
    assert expression["Expression"] == (
        "IF(FILL(deleted, 0) == 0, FILL(waitingVisible, 0) + FILL(waitingNotVisible, 0), 0)"
    )
    assert {part["Id"]: (part["MetricStat"]["Metric"]["MetricName"], part["MetricStat"]["Stat"]) for part in parts} == {
        "waitingVisible": ("ApproximateNumberOfMessagesVisible", "Maximum"),
        "waitingNotVisible": ("ApproximateNumberOfMessagesNotVisible", "Maximum"),
        "deleted": ("NumberOfMessagesDeleted", "Sum"),
    }
    assert [part["MetricStat"]["Period"] * alarm["EvaluationPeriods"] for part in parts] == [900] * 3
    assert "DatapointsToAlarm" not in alarm


def test_other_alarms_go_off_after_one_period(alarms: dict[str, dict[str, Any]]) -> None:
    for name, alarm in alarms.items():
        if name != "StalledUpdates":
            periods = [alarm["Period"]] if "Period" in alarm else [300]
            periods += [part["MetricStat"]["Period"] for part in alarm.get("Metrics", []) if "MetricStat" in part]
            count = alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"])
            assert (count, set(periods)) == (1, {300}), name
            # One more where the newest period may be late.
            assert alarm["EvaluationPeriods"] == (2 if name == "RejectedUpdates" else 1), name


def test_metrics_and_statistics_of_the_other_alarms(alarms: dict[str, dict[str, Any]]) -> None:
    assert {
        name: (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"])
        for name, alarm in alarms.items()
        if "Metrics" not in alarm
    } == {
        "AccessDenied": ("ConnectConstructs", "AccessDenied", "Sum"),
        "UpdatesInFlight": ("AWS/SQS", "ApproximateNumberOfMessagesNotVisible", "Maximum"),
        "QueueFunctionThrottles": ("AWS/Lambda", "Throttles", "Sum"),
        "ServerErrors": ("AWS/ApiGateway", "5XXError", "Sum"),
        "ApiFunctionThrottles": ("AWS/Lambda", "Throttles", "Sum"),
    }
    # The dead-letter queue's, in which somebody may be reading.
    expression, *parts = alarms["RejectedUpdates"]["Metrics"]
    assert expression["Expression"] == "FILL(rejectedVisible, 0) + FILL(rejectedNotVisible, 0)"
    assert len(parts) == 2


def test_throttles_are_those_of_the_two_functions() -> None:
    monitoring = new_monitoring()
    template = Template.from_stack(monitoring.dashboard.stack)

    alarms = alarms_of(template)
    functions = {
        name: logical_id(template, "AWS::Lambda::Function", {"Handler": f"contact_updates.{entry}_function.handler"})
        for name, entry in (("ApiFunctionThrottles", "api"), ("QueueFunctionThrottles", "queue"))
    }
    for name, function in functions.items():
        assert alarms[name]["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": function}}]


def test_no_data_raises_no_alarm(alarms: dict[str, dict[str, Any]]) -> None:
    for alarm in alarms.values():
        assert alarm["TreatMissingData"] == "notBreaching"
        assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
        # CloudWatch's limit (Amazon CloudWatch User Guide, "Limits that apply to alarms based on metric math").
        assert len(alarm.get("Metrics", [])) <= 10
        assert sum(metric.get("ReturnData", True) for metric in alarm.get("Metrics", [])) <= 1


def test_each_description_says_what_to_do(alarms: dict[str, dict[str, Any]]) -> None:
    for name, alarm in alarms.items():
        description = alarm["AlarmDescription"]
        # CloudWatch's limit (Amazon CloudWatch API Reference, "PutMetricAlarm").
        assert 100 < len(description) <= 1_024, name
        assert any(verb in description for verb in ("Look at", "Read the", "Check the", "Remove the", "Raise the")), (
            name
        )
    assert len({alarm["AlarmDescription"] for alarm in alarms.values()}) == len(alarms)


@pytest.mark.parametrize(("argument", "names", "default"), [(key, *value) for key, value in THRESHOLDS.items()])
def test_threshold_takes_effect_on_its_alarms_only(
    alarms: dict[str, dict[str, Any]], argument: str, names: list[str], default: int
) -> None:
    arguments: dict[str, Any] = {argument: 7}
    monitoring = new_monitoring(**arguments)

    changed = alarms_of(Template.from_stack(monitoring.dashboard.stack))
    assert {name: alarm["Threshold"] for name, alarm in alarms.items() if name in names} == dict.fromkeys(
        names, default
    )
    assert {name for name in alarms if changed[name]["Threshold"] != alarms[name]["Threshold"]} == set(names)
    assert {changed[name]["Threshold"] for name in names} == {7}


def test_actions_are_those_of_every_alarm() -> None:
    stack = new_stack()
    topics = [sns.Topic(stack, name) for name in ("Operators", "Log")]
    new_monitoring(stack=stack, alarm_actions=[actions.SnsAction(topic) for topic in topics])

    alarms = alarms_of(Template.from_stack(stack))
    wanted = [stack.resolve(topic.topic_arn) for topic in topics]
    assert [alarm["AlarmActions"] for alarm in alarms.values()] == [wanted] * 7


def test_without_actions_nothing_is_done(alarms: dict[str, dict[str, Any]]) -> None:
    for alarm in alarms.values():
        assert "AlarmActions" not in alarm


def test_alarms_cannot_be_taken_out_of_the_mapping() -> None:
    alarms: Any = new_monitoring("queue").alarms

    with pytest.raises(TypeError):
        del alarms["StalledUpdates"]


def test_nothing_has_a_physical_name_so_that_one_stack_can_have_two() -> None:
    template = Template.from_stack(new_monitoring().dashboard.stack).to_json()["Resources"].values()

    kinds = [resource for resource in template if resource["Type"].startswith("AWS::CloudWatch::")]
    assert len(kinds) == 8
    assert not [kind for kind in kinds if {"AlarmName", "DashboardName"} & kind["Properties"].keys()]
