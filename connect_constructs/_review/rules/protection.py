"""Class 5: encryption, limits, logs, dead letters, alarms, backups, TLS."""

from __future__ import annotations

import re
from collections.abc import Iterator

from connect_constructs._review.changes import Change, Check, Hit, Rule
from connect_constructs._review.expressions import Value, dictionaries, is_expression, key_of
from connect_constructs._review.findings import Class
from connect_constructs._review.rules.checks import (
    at,
    becomes_unsafe,
    compared,
    display,
    each_of,
    goes,
    grows,
    items,
    number,
    one_of,
    removed,
)

# The key of AWS's choice, or the customer's own: the properties in which resource types name it.
_KEYS = (
    "ArtifactEncryptionKey",
    "EncryptionConfiguration.KmsKeyId",
    "EncryptionConfiguration.KmsKey",
    "EncryptionKey",
    "EncryptionOptions.KmsKeyId",
    "KMSKeyArn",
    "KMSKeyId",
    "KmsKey",
    "KmsKeyArn",
    "KmsKeyId",
    "KmsMasterKeyId",
    "SSESpecification.KMSMasterKeyId",
    "StreamEncryption.KeyId",
)
# Encryption as a whole, off where the property is not set.
_SWITCHES = (
    "AtRestEncryptionEnabled",
    "Encrypted",
    "EncryptionAtRestOptions.Enabled",
    "SSESpecification.SSEEnabled",
    "StorageEncrypted",
)
_DELETION_PROTECTIONS = ("DeletionProtection", "DeletionProtectionEnabled", "EnableTerminationProtection")
# The oldest version that a policy takes, in its name: TLS_1_2, TLSv1.2_2021, ELBSecurityPolicy-TLS13-1-2-2021-06,
# ELBSecurityPolicy-FS-1-2-2019-08, Policy-Min-TLS-1-2-2019-07.
_TLS_VERSION = re.compile(r"(?:TLS|FS|TLS13)[-_]1[-_]([0-3])(?!\d)|TLSv1\.([1-3])")
_TLS_1_0 = {"TLSv1", "TLSv1_2016", "ELBSecurityPolicy-2016-08", "ELBSecurityPolicy-FS-2018-06"}


def _key_removed(change: Change) -> Iterator[Hit]:
    yield from removed(*_KEYS)(change)
    if change.old is None or change.new is None or change.resource.type != "AWS::S3::Bucket":
        return
    path = "BucketEncryption.ServerSideEncryptionConfiguration"
    old, new = at(change.old.properties, path), at(change.new.properties, path)
    if old != new and _uses_kms(old) and not _uses_kms(new):
        yield Hit(old, new, "BucketEncryption no longer uses a KMS key", "BucketEncryption")


def _uses_kms(value: Value) -> bool:
    return any(str(item.get("SSEAlgorithm", "")).startswith("aws:kms") for item in dictionaries(value))


def _encryption_off(change: Change) -> Iterator[Hit]:
    for path in _SWITCHES:
        yield from becomes_unsafe(path, one_of("false"), default="false")(change)
    if change.resource.type == "AWS::SQS::Queue":
        # SQS encrypts with its own key unless told otherwise.
        yield from becomes_unsafe("SqsManagedSseEnabled", one_of("false"), default="true")(change)
    yield from removed("StreamEncryption", "EncryptionConfiguration")(change)


def _throttles(change: Change) -> Iterator[Hit]:
    """The limits of a stage's methods, by method."""
    if change.old is None or change.new is None:
        return
    for name, path in (("MethodSettings", "MethodSettings"), ("RouteSettings", "RouteSettings")):
        old, new = change.old.properties.get(name), change.new.properties.get(name)
        if old == new or old is None:
            continue
        if is_expression(old) or is_expression(new):
            yield Hit(old, new, goes(path, old, new), path, certain=False)
            continue
        before, after = _by_method(old), _by_method(new)
        for method, settings in before.items():
            now = after.get(method, {})
            for limit in ("ThrottlingRateLimit", "ThrottlingBurstLimit"):
                if limit in settings:
                    where = f"{path} {method} {limit}"
                    yield from compared(where, settings[limit], now.get(limit), absent=float("inf"))


def _by_method(settings: Value) -> dict[str, dict[str, Value]]:
    if isinstance(settings, dict):
        return {name: content for name, content in settings.items() if isinstance(content, dict)}
    return {
        f"{display(one.get('HttpMethod'))} {display(one.get('ResourcePath'))}": one
        for one in settings or []
        if isinstance(one, dict)
    }


def _retention(change: Change) -> Iterator[Hit]:
    # Without a number, logs are kept for ever.
    yield from grows("RetentionInDays", shrinks=True)(change)


def _dead_letters(change: Change) -> Iterator[Hit]:
    paths = (
        "RedrivePolicy",
        "DeadLetterConfig",
        "DestinationConfig.OnFailure",
        "OnFailure",
        "Target.DeadLetterConfig",
        "DeadLetterQueueArn",
    )
    yield from removed(*paths)(change)
    if change.old and change.new and change.resource.type == "AWS::Events::Rule":
        after = {str(one.get("Id")): one for one in items(change.new.properties, "Targets") if isinstance(one, dict)}
        for one in items(change.old.properties, "Targets"):
            if isinstance(one, dict) and "DeadLetterConfig" in one:
                now = after.get(str(one.get("Id")))
                if now is not None and "DeadLetterConfig" not in now:
                    said = f"DeadLetterConfig of the target {display(one.get('Id'))} is removed"
                    yield Hit(one["DeadLetterConfig"], None, said, "Targets")


def _alarm_removed(change: Change) -> Iterator[Hit]:
    if change.old and change.new is None:
        alarm = display(change.old.properties.get("AlarmName", change.old.logical_id))
        yield Hit(change.old.properties, None, f"The alarm {alarm} is removed")
        return
    if change.old is None or change.new is None:
        return
    yield from becomes_unsafe("ActionsEnabled", one_of("false"), default="true")(change)
    old, new = change.old.properties.get("AlarmActions"), change.new.properties.get("AlarmActions")
    if isinstance(old, list) and isinstance(new or [], list) and any(one not in (new or []) for one in old):
        said = goes("AlarmActions", old, new)
        yield Hit(old, new, said, "AlarmActions")


def _alarm_later(change: Change) -> Iterator[Hit]:
    if change.old is None or change.new is None:
        return
    operator = display(change.new.properties.get("ComparisonOperator"))
    if operator.startswith("GreaterThan") and "Less" not in operator:
        yield from grows("Threshold")(change)
    elif operator.startswith("LessThan") and "Greater" not in operator:
        yield from grows("Threshold", shrinks=True)(change)
    yield from grows("EvaluationPeriods", absent=1)(change)
    yield from grows("DatapointsToAlarm", absent=0)(change)


def _deletion_policies(change: Change) -> Iterator[Hit]:
    """Kept or backed up before, and now deleted."""
    if change.old is None or change.new is None:
        return
    for name, old, new in (
        ("DeletionPolicy", change.old.deletion_policy, change.new.deletion_policy),
        ("UpdateReplacePolicy", change.old.update_replace_policy, change.new.update_replace_policy),
    ):
        if _strength(new) < _strength(old):
            yield Hit(old, new, f"{name} goes from {old} to {new or 'not set'}", name)


def _strength(policy: str | None) -> int:
    return {"Retain": 2, "RetainExceptOnCreate": 2, "Snapshot": 1}.get(policy or "", 0)


def _tls(change: Change) -> Iterator[Hit]:
    if change.old is None or change.new is None:
        return
    for path in (
        "SecurityPolicy",
        "DomainNameConfigurations",
        "DistributionConfig.ViewerCertificate.MinimumProtocolVersion",
        "SslPolicy",
        "DomainEndpointOptions.TLSSecurityPolicy",
    ):
        old, new = at(change.old.properties, path), at(change.new.properties, path)
        if old is None or old == new:
            continue
        before, after = _tls_version(old), _tls_version(new)
        said = goes(path, old, new)
        if before is None or (after is None and new is not None):
            yield Hit(old, new, said, path, certain=False)
        elif after is None or after < before:
            yield Hit(old, new, said, path)
    yield from (
        each_of(
            becomes_unsafe("DomainEndpointOptions.EnforceHTTPS", one_of("false"), default="false"),
            becomes_unsafe("TransitEncryptionEnabled", one_of("false"), default="false"),
            becomes_unsafe("Protocol", one_of("HTTP", "TCP", "http", "tcp")),
            becomes_unsafe("DistributionConfig.DefaultCacheBehavior.ViewerProtocolPolicy", one_of("allow-all")),
        )(change)
        if change.resource.type in _TLS_TYPES
        else ()
    )


_TLS_TYPES = {
    "AWS::CloudFront::Distribution",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::ElasticLoadBalancingV2::Listener",
    "AWS::Elasticsearch::Domain",
    "AWS::OpenSearchService::Domain",
}


def _tls_version(value: Value) -> int | None:
    """The minor version of TLS 1 that the policy takes at least, as far as its name says it."""
    if not isinstance(value, str):
        return None
    if value == "SSLv3":
        return -1
    if value in _TLS_1_0:
        return 0
    match = _TLS_VERSION.search(value)
    return int(match[1] or match[2]) if match else None


def _backups(change: Change) -> Iterator[Hit]:
    point_in_time = "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled"
    yield from becomes_unsafe(point_in_time, one_of("false"), default="false")(change)
    if change.resource.type == "AWS::S3::Bucket" and change.old and change.new:
        path = "VersioningConfiguration.Status"
        if at(change.old.properties, path) == "Enabled":
            yield from becomes_unsafe(path, lambda value: None if is_expression(value) else value != "Enabled")(change)
    for path in ("BackupRetentionPeriod", "SnapshotRetentionLimit"):
        if change.old and change.new and number(at(change.old.properties, path)) is not None:
            yield from grows(path, absent=0, shrinks=True)(change)
    if change.resource.type == "AWS::SQS::Queue":
        # Four days unless it is set.
        yield from grows("MessageRetentionPeriod", absent=345_600, shrinks=True)(change)


def _each_type(check: Check, *types: str) -> Check:
    return lambda change: check(change) if change.resource.type in types else ()


def _rotation(change: Change) -> Iterator[Hit]:
    yield from becomes_unsafe("EnableKeyRotation", one_of("false"), default="false")(change)


def _logging(change: Change) -> Iterator[Hit]:
    yield from _each_type(removed("AccessLogSetting"), "AWS::ApiGateway::Stage")(change)
    yield from _each_type(removed("AccessLogSettings"), "AWS::ApiGatewayV2::Stage")(change)
    yield from _each_type(removed("LoggingConfiguration"), "AWS::S3::Bucket", "AWS::StepFunctions::StateMachine")(
        change
    )
    yield from _each_type(removed("DistributionConfig.Logging"), "AWS::CloudFront::Distribution")(change)
    yield from _each_type(becomes_unsafe("IsLogging", one_of("false"), default="false"), "AWS::CloudTrail::Trail")(
        change
    )
    if change.old and change.new is None and change.old.type in {"AWS::EC2::FlowLog", "AWS::CloudTrail::Trail"}:
        yield Hit(change.old.properties, None, "The log is removed")


def _concurrency(change: Change) -> Iterator[Hit]:
    yield from _each_type(grows("ReservedConcurrentExecutions"), "AWS::Lambda::Function")(change)
    yield from _each_type(grows("ScalingConfig.MaximumConcurrency"), "AWS::Lambda::EventSourceMapping")(change)


def _usage_plan(change: Change) -> Iterator[Hit]:
    if change.old and change.new:
        for path in ("Throttle.RateLimit", "Throttle.BurstLimit", "Quota.Limit"):
            yield from grows(path)(change)
        if key_of(change.old.properties.get("Quota", {})) != key_of(change.new.properties.get("Quota", {})):
            old, new = at(change.old.properties, "Quota.Period"), at(change.new.properties, "Quota.Period")
            if old is not None and new is not None and old != new:
                yield Hit(old, new, goes("Quota.Period", old, new), "Quota", certain=False)


PROTECTION_RULES = (
    Rule(
        "encryption-off",
        Class.PROTECTION,
        "New data is stored unencrypted.",
        "Keep the encryption.",
        _encryption_off,
        (*{path.split(".")[0] for path in _SWITCHES}, "SqsManagedSseEnabled", "StreamEncryption"),
    ),
    Rule(
        "encryption-key-removed",
        Class.PROTECTION,
        "A key whose policy says who may read is replaced by the service's own key, or by none.",
        "Keep the key. What was encrypted with it still needs it.",
        _key_removed,
        (*{path.split(".")[0] for path in _KEYS}, "BucketEncryption"),
    ),
    Rule(
        "key-rotation-off",
        Class.PROTECTION,
        "The key's material stays the same for ever.",
        "Keep EnableKeyRotation.",
        _rotation,
        ("EnableKeyRotation",),
        ("AWS::KMS::Key",),
    ),
    Rule(
        "throttle-weakened",
        Class.PROTECTION,
        "More requests reach the backend and count against its quotas.",
        "Keep the limit, or check that the backend can take the new rate.",
        each_of(
            _throttles,
            grows("DefaultRouteSettings.ThrottlingRateLimit"),
            grows("DefaultRouteSettings.ThrottlingBurstLimit"),
        ),
        ("MethodSettings", "RouteSettings", "DefaultRouteSettings"),
        ("AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage"),
    ),
    Rule(
        "usage-plan-weakened",
        Class.PROTECTION,
        "Callers with its API keys can send more requests.",
        "Keep the limits, or check that the backend can take the new rate.",
        _usage_plan,
        ("Throttle", "Quota"),
        ("AWS::ApiGateway::UsagePlan",),
    ),
    Rule(
        "concurrency-weakened",
        Class.PROTECTION,
        "More executions run at once. They use up the account's concurrency and call other services more often.",
        "Keep the limit, or check that what the function calls can take it.",
        _concurrency,
        ("ReservedConcurrentExecutions", "ScalingConfig"),
        ("AWS::Lambda::Function", "AWS::Lambda::EventSourceMapping"),
    ),
    Rule(
        "log-retention-shortened",
        Class.PROTECTION,
        "Log events older than that are deleted, including existing ones.",
        "Keep the retention, or export the log first.",
        _retention,
        ("RetentionInDays",),
        ("AWS::Logs::LogGroup",),
    ),
    Rule(
        "logging-off",
        Class.PROTECTION,
        "Nobody can find out later who called.",
        "Keep the log.",
        _logging,
        ("AccessLogSetting", "AccessLogSettings", "LoggingConfiguration", "DistributionConfig", "IsLogging"),
    ),
    Rule(
        "dead-letters-removed",
        Class.PROTECTION,
        "What cannot be processed is lost, or blocks what comes after it, instead of being set aside.",
        "Keep a dead-letter queue or another destination for failures.",
        _dead_letters,
        ("RedrivePolicy", "DeadLetterConfig", "DestinationConfig", "OnFailure", "Target", "Targets"),
    ),
    Rule(
        "alarm-removed",
        Class.PROTECTION,
        "Nobody is notified when it happens.",
        "Keep the alarm and its actions.",
        _alarm_removed,
        ("ActionsEnabled", "AlarmActions"),
        ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm", "AWS::CloudWatch::LogAlarm"),
    ),
    Rule(
        "alarm-later",
        Class.PROTECTION,
        "The alarm goes off later, or not at all.",
        "Keep the threshold, or say why it was too strict.",
        _alarm_later,
        ("Threshold", "EvaluationPeriods", "DatapointsToAlarm"),
        ("AWS::CloudWatch::Alarm",),
    ),
    Rule(
        "deletion-policy-weakened",
        Class.PROTECTION,
        "A later removal or replacement deletes the resource. Until now, it would have been kept.",
        "Keep the policy (in CDK: the removal policy).",
        _deletion_policies,
    ),
    Rule(
        "deletion-protection-off",
        Class.PROTECTION,
        "A mistaken call, or deleting the stack, deletes the resource with its data.",
        "Keep the protection.",
        each_of(*(becomes_unsafe(path, one_of("false"), default="false") for path in _DELETION_PROTECTIONS)),
        _DELETION_PROTECTIONS,
    ),
    Rule(
        "tls-weakened",
        Class.PROTECTION,
        "Connections without TLS, or with outdated versions of it, are accepted.",
        "Keep the policy.",
        _tls,
        (
            "SecurityPolicy",
            "DomainNameConfigurations",
            "DistributionConfig",
            "SslPolicy",
            "DomainEndpointOptions",
            "TransitEncryptionEnabled",
        ),
    ),
    Rule(
        "backup-weakened",
        Class.PROTECTION,
        "What is deleted or overwritten by mistake can be restored for a shorter time, or not at all.",
        "Keep the versions, the backups or the retention.",
        _backups,
        (
            "PointInTimeRecoverySpecification",
            "VersioningConfiguration",
            "BackupRetentionPeriod",
            "SnapshotRetentionLimit",
            "MessageRetentionPeriod",
        ),
    ),
)
