"""Class 3, beside grants: identities that something runs as, memberships, credentials, organization policies."""

from __future__ import annotations

from collections.abc import Iterator

from connect_constructs._review.changes import Change, Hit, Rule
from connect_constructs._review.expressions import is_expression
from connect_constructs._review.findings import Class
from connect_constructs._review.rules.checks import display, goes, removed

# The property that names the identity that it runs as, or that it gives to others.
_RUNS_AS = {
    "AWS::CodeBuild::Project": "ServiceRole",
    "AWS::CodePipeline::Pipeline": "RoleArn",
    "AWS::Cognito::IdentityPoolRoleAttachment": "Roles",
    "AWS::EC2::Instance": "IamInstanceProfile",
    "AWS::ECS::TaskDefinition": "TaskRoleArn",
    "AWS::Glue::Job": "Role",
    "AWS::IAM::InstanceProfile": "Roles",
    "AWS::Lambda::Function": "Role",
    "AWS::StepFunctions::StateMachine": "RoleArn",
    "AWS::Transfer::User": "Role",
}
# Lists whose every entry is one more permission for somebody.
_LISTS = {
    "AWS::IAM::User": "Groups",
    "AWS::IAM::UserToGroupAddition": "Users",
    "AWS::SSO::PermissionSet": "ManagedPolicies",
}


def _runs_as(change: Change) -> Iterator[Hit]:
    if change.old is None or change.new is None:
        return
    name = _RUNS_AS[change.new.type]
    old, new = change.old.properties.get(name), change.new.properties.get(name)
    if old is not None and new is not None and old != new:
        yield Hit(old, new, goes(name, old, new), name, certain=False)


def _joins(change: Change) -> Iterator[Hit]:
    new = change.new
    if new is None:
        return
    if new.type not in _LISTS:
        if change.old is None:
            yield Hit(None, new.properties, f"{new.type} is added")
        return
    if change.old is None and new.type != "AWS::IAM::UserToGroupAddition":
        return
    name = _LISTS[new.type]
    before = change.old.properties.get(name) if change.old else None
    after = new.properties.get(name)
    if before == after or after is None:
        return
    if is_expression(before) or not isinstance(after, list):
        yield Hit(before, after, goes(name, before, after), name, certain=False)
        return
    more = [one for one in after if one not in (before or [])]
    if more:
        yield Hit(before, after, f"{name} also has {', '.join(map(display, more))}", name)


def _credentials(change: Change) -> Iterator[Hit]:
    new = change.new
    if new is None:
        return
    if new.type == "AWS::IAM::AccessKey":
        if change.old is None:
            user = display(new.properties.get("UserName"))
            yield Hit(None, new.properties, f"An access key of the user {user} is added")
    elif "LoginProfile" in new.properties and not (change.old and "LoginProfile" in change.old.properties):
        # Without the value, which is a password.
        yield Hit(None, "set", "LoginProfile is set, so that the user has a password", "LoginProfile")


def _organization_policy(change: Change) -> Iterator[Hit]:
    old = change.old
    if old is None:
        return
    if change.new is None:
        yield Hit(old.properties, None, "The organization's policy is removed")
        return
    before, after = old.properties.get("TargetIds"), change.new.properties.get("TargetIds")
    if isinstance(before, list) and isinstance(after or [], list):
        gone = [one for one in before if one not in (after or [])]
        if gone:
            yield Hit(before, after, f"TargetIds no longer has {', '.join(map(display, gone))}", "TargetIds")
    elif before is not None and before != after:
        said = goes("TargetIds", before, after)
        yield Hit(before, after, said, "TargetIds", certain=False)


IDENTITY_RULES = (
    Rule(
        "runs-as-another",
        Class.PERMISSIONS,
        "It gets the permissions of another identity.",
        "Compare what the two identities may do.",
        _runs_as,
        tuple(dict.fromkeys(_RUNS_AS.values())),
        tuple(_RUNS_AS),
    ),
    Rule(
        "membership-added",
        Class.PERMISSIONS,
        "Its members get all of its permissions.",
        "Check that they need all of them.",
        _joins,
        tuple(_LISTS.values()),
        (*_LISTS, "AWS::SSO::Assignment"),
    ),
    Rule(
        "credentials-added",
        Class.PERMISSIONS,
        "Anyone who has them can act as the user, from anywhere, until they are revoked.",
        "Use a role, whose credentials expire.",
        _credentials,
        ("LoginProfile",),
        ("AWS::IAM::AccessKey", "AWS::IAM::User"),
    ),
    Rule(
        "organization-policy-removed",
        Class.PERMISSIONS,
        "It no longer limits what the policies of the accounts allow.",
        "Keep the policy and its targets.",
        _organization_policy,
        ("TargetIds",),
        ("AWS::Organizations::Policy",),
    ),
    Rule(
        "session-policy-removed",
        Class.PERMISSIONS,
        "The user can do everything that the role can.",
        "Keep the policy.",
        removed("Policy"),
        ("Policy",),
        ("AWS::Transfer::User",),
    ),
)
