"""A stage with logging needs a CloudWatch role in the settings of the account and Region.

Without one, API Gateway refuses the stage with "CloudWatch Logs role ARN must be set in account settings to enable
logging" (aws-samples/amazon-bedrock-knowledgebase-slackbot#6, sbt-aws#19, virtual-waiting-room#74, sst#1556), for
access logs and execution logs alike. The role must trust API Gateway and be allowed to write logs ("The role ARN does
not have required permissions configured. Please grant trust permission for API Gateway and add the required role
policy.", terraform-provider-aws, aws_api_gateway_account); which permissions API Gateway looks for is a guess. Deleting
AWS::ApiGateway::Account leaves the role set (aws-cdk#6194: CloudFormation is not "honouring deletion"). The emulator
stores no access log settings, requires no role, and resets it on deletion.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import apigateway_v1, iam
from ministack.services.cloudformation import provisioners

Properties = Mapping[str, Any]

_NO_ROLE = "CloudWatch Logs role ARN must be set in account settings to enable logging"
_UNFIT_ROLE = (
    "The role ARN does not have required permissions configured. Please grant trust permission for API Gateway and "
    "add the required role policy."
)


def close() -> None:
    """Refuse such stages and unfit roles, in API Gateway's own calls and in CloudFormation."""
    _guard_calls()
    _guard_account()
    for resource_type in ("AWS::ApiGateway::Stage", "AWS::ApiGateway::Deployment"):
        _guard_resource(provisioners._RESOURCE_HANDLERS[resource_type])
    account = provisioners._RESOURCE_HANDLERS["AWS::ApiGateway::Account"]
    account["delete"] = lambda physical_id, properties: None


def _guard_calls() -> None:
    create, update = apigateway_v1._create_stage, apigateway_v1._update_stage

    def create_stage(api_id: str, data: dict[str, Any]) -> Any:
        return _refusal() if _logs(data) and not _role() else create(api_id, data)

    def update_stage(api_id: str, stage_name: str, data: dict[str, Any]) -> Any:
        before = apigateway_v1._stages_v1.get(api_id, {}).get(stage_name, {})
        after = copy.deepcopy(before)
        apigateway_v1._apply_stage_patch(after, data.get("patchOperations", []))
        is_changed = _logging(before) != _logging(after)
        if is_changed and _logs(after) and not _role():
            return _refusal()
        return update(api_id, stage_name, data)

    apigateway_v1._create_stage, apigateway_v1._update_stage = create_stage, update_stage


def _guard_account() -> None:
    update = apigateway_v1._update_account

    def update_account(data: dict[str, Any]) -> Any:
        for operation in data.get("patchOperations", []):
            arn = operation.get("value")
            if operation.get("path") == "/cloudwatchRoleArn" and arn and not _is_fit(arn):
                return apigateway_v1._v1_error("BadRequestException", _UNFIT_ROLE, 400)
        return update(data)

    apigateway_v1._update_account = update_account
    account = provisioners._RESOURCE_HANDLERS["AWS::ApiGateway::Account"]
    # create(logical id, properties, …); update(physical id, old properties, new properties, …)
    account["create"] = _with_fit_role(account["create"], position=0)
    account["update"] = _with_fit_role(account["update"], position=1)


def _with_fit_role(provision: Callable[..., Any], *, position: int) -> Callable[..., Any]:
    def checked(identifier: str, *arguments: Any, **options: Any) -> Any:
        if not _is_fit(arguments[position].get("CloudWatchRoleArn", "")):
            raise ValueError(_UNFIT_ROLE)
        return provision(identifier, *arguments, **options)

    return checked


def _guard_resource(handlers: dict[str, Callable[..., Any]]) -> None:
    create, update = handlers["create"], handlers["update"]

    def created(logical_id: str, properties: Properties, stack_name: str) -> Any:
        _check_stage(properties)
        result = create(logical_id, properties, stack_name)
        _set_access_log(properties)
        return result

    def updated(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Any:
        if _stage_of(old) != _stage_of(new):
            _check_stage(new)
        result = update(physical_id, old, new, stack_name)
        _set_access_log(new)
        return result

    handlers["create"], handlers["update"] = created, updated


def _stage_of(properties: Properties) -> Properties:
    """The stage's settings: its own properties, or a deployment's StageDescription."""
    description = properties.get("StageDescription", properties)
    return description if isinstance(description, Mapping) else {}


def _check_stage(properties: Properties) -> None:
    stage = _stage_of(properties)
    levels = [stage, *stage.get("MethodSettings", [])]
    logs = bool(stage.get("AccessLogSetting")) or any(_is_on(item.get("LoggingLevel")) for item in levels)
    if logs and not _role():
        raise ValueError(f"{_NO_ROLE} (Service: ApiGateway, Status Code: 400)")


def _set_access_log(properties: Properties) -> None:
    stage = apigateway_v1._stages_v1.get(properties.get("RestApiId"), {}).get(properties.get("StageName"))
    if stage is not None:
        setting = _stage_of(properties).get("AccessLogSetting") or {}
        names = {"DestinationArn": "destinationArn", "Format": "format"}
        stage["accessLogSettings"] = {names[name]: value for name, value in setting.items()}


def _logs(stage: Mapping[str, Any]) -> bool:
    access_log, levels = _logging(stage)
    return bool(access_log) or any(_is_on(level) for level in levels)


def _logging(stage: Mapping[str, Any]) -> tuple[Any, list[Any]]:
    levels = [settings.get("loggingLevel") for settings in (stage.get("methodSettings") or {}).values()]
    return stage.get("accessLogSettings") or {}, levels


def _is_on(level: Any) -> bool:
    return level not in (None, "", "OFF")


def _role() -> Any:
    return (apigateway_v1._account_settings.get("settings") or {}).get("cloudwatchRoleArn")


def _is_fit(role_arn: str) -> bool:
    """Whether API Gateway can assume the role and the role may write logs."""
    name = role_arn.rsplit("/", 1)[-1]
    role = iam._roles.get(name) or {}
    document = role.get("AssumeRolePolicyDocument") or "{}"
    trust = (json.loads(document) if isinstance(document, str) else document).get("Statement", [])
    is_trusted = any("apigateway.amazonaws.com" in str(statement.get("Principal")) for statement in trust)
    account, region = get_account_id(), get_region()
    group = f"arn:aws:logs:{region}:{account}:log-group:access:*"
    context = iam_evaluator.EvalContext(role_arn, "AssumedRole", account, "logs:PutLogEvents", group, region)
    policies = iam_evaluator._gather_role_policies(name, account)
    return is_trusted and iam_evaluator.evaluate(context, policies).decision == "Allow"


def _refusal() -> Any:
    return apigateway_v1._v1_error("BadRequestException", _NO_ROLE, 400)
