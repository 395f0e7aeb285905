"""Grants write a statement that has an effect, into the identity's policy or the resource's, or they raise."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template

from connect_constructs import ConnectInstance, ContactUpdateApi, ContactUpdateOperation, ContactUpdateQueue
from tests.constructs.stacks import CONTACT_ARNS, new_instance, only, resources, statements, warnings

HERE = "111122223333"
ELSEWHERE = "444455556666"
ORGANIZATION = "o-0123456789"

NewPrincipal = Callable[[Stack], iam.IGrantable]


def imported_role(account: str, **options: Any) -> NewPrincipal:
    return lambda stack: iam.Role.from_role_arn(stack, "Imported", f"arn:aws:iam::{account}:role/crm", **options)


def root(account: str) -> dict[str, Any]:
    return {"AWS": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, f":iam::{account}:root"]]}}


def role(account: str) -> dict[str, Any]:
    return {"AWS": f"arn:aws:iam::{account}:role/crm"}


IN_ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}

# Whom only a resource's policy can let in: the principal, and the condition, as the policy has them.
NAMED_BY_THE_RESOURCE: list[tuple[str, NewPrincipal, dict[str, Any] | str, dict[str, Any] | None]] = [
    ("account", lambda _: iam.AccountPrincipal(ELSEWHERE), root(ELSEWHERE), None),
    ("role_of_another_account", imported_role(ELSEWHERE), role(ELSEWHERE), None),
    ("role_by_its_arn", lambda _: iam.ArnPrincipal(role(ELSEWHERE)["AWS"]), role(ELSEWHERE), None),
    ("role_that_must_not_be_changed", imported_role(HERE, mutable=False), role(HERE), None),
    ("organization", lambda _: iam.OrganizationPrincipal(ORGANIZATION), {"AWS": "*"}, IN_ORGANIZATION),
    (
        "star_of_an_organization",
        lambda _: iam.PrincipalWithConditions(iam.StarPrincipal(), IN_ORGANIZATION),
        "*",
        IN_ORGANIZATION,
    ),
]
named_by_the_resource = pytest.mark.parametrize(
    ("principal", "named", "condition"),
    [case[1:] for case in NAMED_BY_THE_RESOURCE],
    ids=[case[0] for case in NAMED_BY_THE_RESOURCE],
)

EVERYBODY = [
    pytest.param(lambda _: iam.AnyPrincipal(), "expected a principal, an account or an organization", id="any"),
    pytest.param(lambda _: iam.StarPrincipal(), "expected a principal, an account or an organization", id="star"),
    pytest.param(
        # Everybody calls by TLS.
        lambda _: iam.PrincipalWithConditions(iam.AnyPrincipal(), {"Bool": {"aws:SecureTransport": "true"}}),
        "expected a principal, an account or an organization, got everybody",
        id="any_by_tls",
    ),
    pytest.param(
        # A condition that holds where the key is missing
        lambda _: iam.PrincipalWithConditions(
            iam.AnyPrincipal(), {"StringEqualsIfExists": {"aws:PrincipalAccount": HERE}}
        ),
        "expected a principal, an account or an organization, got everybody",
        id="any_if_exists",
    ),
    pytest.param(
        lambda stack: iam.Group.from_group_arn(stack, "Imported", f"arn:aws:iam::{ELSEWHERE}:group/g"),
        "expected the ARN of a role or user",
        id="group_of_another_account",
    ),
    pytest.param(lambda _: iam.ArnPrincipal("crm"), "expected the ARN of a role or user", id="no_arn"),
    pytest.param(lambda _: iam.AccountPrincipal("crm"), "expected the ARN of a role or user", id="no_account"),
    pytest.param(
        lambda _: iam.CompositePrincipal(iam.AccountPrincipal(ELSEWHERE), iam.OrganizationPrincipal(ORGANIZATION)),
        "expected a principal that one statement of a policy can name",
        id="composite",
    ),
    pytest.param(
        lambda _: iam.FederatedPrincipal("cognito-identity.amazonaws.com"),
        "expected a principal of an AWS account",
        id="federated",
    ),
    pytest.param(
        lambda stack: lambda_.Function.from_function_name(stack, "Imported", "crm"),
        "expected a principal that a policy can name",
        id="function_without_role",
    ),
]


def new_stack() -> Stack:
    return Stack(App(), "Stack", env=Environment(account=HERE, region="us-east-1"))


def new_api(stack: Stack, **arguments: Any) -> ContactUpdateApi:
    return ContactUpdateApi(stack, "ContactUpdates", instance=new_instance(stack), **arguments)


def new_queue(stack: Stack, **arguments: Any) -> ContactUpdateQueue:
    return ContactUpdateQueue(stack, "Updates", instance=new_instance(stack), **arguments)


def allowed(action: str | list[str], principal: Any, resource: Any, condition: Any = None) -> dict[str, Any]:
    statement = {"Action": action, "Effect": "Allow", "Principal": principal, "Resource": resource}
    return statement if condition is None else {**statement, "Condition": condition}


def granted(template: Template, action: str) -> list[dict[str, Any]]:
    """The statements of identities' policies that allow `action`."""
    return [statement for statement in statements(template) if action in str(statement["Action"])]


@pytest.mark.parametrize(
    "grant",
    [
        lambda stack: new_api(stack).grant_updates,
        lambda stack: new_queue(stack).grant_send_updates,
        lambda stack: new_queue(stack).grant_redrive,
        lambda stack: new_instance(stack).grant_updates,
    ],
    ids=["api", "queue", "redrive", "instance"],
)
def test_grants_raise_for_what_is_no_principal(grant: Callable[[Stack], Callable[[Any], iam.Grant]]) -> None:
    with pytest.raises(TypeError, match=r"^grantee: expected a role, user, group, managed policy or another principal"):
        grant(new_stack())(role(ELSEWHERE)["AWS"])


# The API


METHODS = ["execute-api:/prod/POST/contact/attributes", "execute-api:/prod/POST/contacts/*/*"]
PREFLIGHTS = ["execute-api:/prod/OPTIONS/contact/attributes", "execute-api:/prod/OPTIONS/contacts/*/*"]


@named_by_the_resource
def test_api_names_in_its_policy_whom_an_identity_policy_cannot(
    principal: NewPrincipal, named: dict[str, Any], condition: dict[str, Any] | None
) -> None:
    stack = new_stack()
    grant = new_api(stack).grant_updates(principal(stack))

    template = Template.from_stack(stack)
    assert grant.success
    # No ARN of the API itself: the API would refer to itself.
    assert only(template, "AWS::ApiGateway::RestApi")["Policy"]["Statement"] == [
        allowed("execute-api:Invoke", named, METHODS, condition)
    ]
    assert granted(template, "execute-api") == []


def test_api_grant_of_one_operation_names_one_method() -> None:
    stack = new_stack()
    new_api(stack).grant_update_contact(iam.AccountPrincipal(ELSEWHERE))

    assert only(Template.from_stack(stack), "AWS::ApiGateway::RestApi")["Policy"]["Statement"] == [
        allowed("execute-api:Invoke", root(ELSEWHERE), METHODS[1])
    ]


def test_first_grant_in_the_apis_policy_lets_preflights_pass_too() -> None:
    # With a policy, a method without authorization needs an Allow of its own.
    stack = new_stack()
    api = new_api(stack, allow_origins=["https://crm.example.com"])
    api.grant_updates(iam.AccountPrincipal(ELSEWHERE))
    api.grant_updates(iam.AccountPrincipal("777788889999"))

    assert only(Template.from_stack(stack), "AWS::ApiGateway::RestApi")["Policy"]["Statement"] == [
        allowed("execute-api:Invoke", root(ELSEWHERE), METHODS),
        allowed("execute-api:Invoke", {"AWS": "*"}, PREFLIGHTS),
        allowed("execute-api:Invoke", root("777788889999"), METHODS),
    ]


def test_preflights_pass_for_offered_operations_only() -> None:
    stack = new_stack()
    api = new_api(
        stack,
        allow_origins=["https://crm.example.com"],
        operations=[ContactUpdateOperation.UPDATE_CONTACT_ATTRIBUTES],
    )
    api.grant_updates(iam.AccountPrincipal(ELSEWHERE))

    assert only(Template.from_stack(stack), "AWS::ApiGateway::RestApi")["Policy"]["Statement"] == [
        allowed("execute-api:Invoke", root(ELSEWHERE), METHODS[0]),
        allowed("execute-api:Invoke", {"AWS": "*"}, PREFLIGHTS[0]),
    ]


def test_api_has_no_policy_where_identities_have_their_own() -> None:
    stack = new_stack()
    api = new_api(stack, allow_origins=["https://crm.example.com"])
    managed = iam.ManagedPolicy(stack, "Managed")
    for grantee in (
        iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal()),
        iam.User(stack, "User"),
        iam.Group(stack, "Group"),
        managed,
        imported_role(HERE)(stack),
    ):
        assert api.grant_updates(grantee).success

    template = Template.from_stack(stack)
    assert "Policy" not in only(template, "AWS::ApiGateway::RestApi")
    assert len(granted(template, "execute-api:Invoke")) == 4
    assert len(statements(template, "AWS::IAM::ManagedPolicy")) == 1


CONDITION = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}


def test_condition_of_a_grantee_is_kept() -> None:
    stack = new_stack()
    queue = new_queue(stack, encryption_key=kms.Key(stack, "Key"))
    api = ContactUpdateApi(stack, "ContactUpdates", queue=queue)
    bound = iam.PrincipalWithConditions(iam.Role(stack, "Role", assumed_by=iam.AccountRootPrincipal()), CONDITION)
    api.grant_updates(bound)
    queue.grant_send_updates(bound)
    queue.grant_redrive(bound)
    queue.instance.grant_updates(bound)

    template = Template.from_stack(stack)
    (policy,) = (
        policy["Properties"]["PolicyDocument"]["Statement"]
        for policy in resources(template, "AWS::IAM::Policy").values()
        if policy["Properties"]["PolicyName"].startswith("RoleDefaultPolicy")
    )
    assert {action for statement in policy for action in _list(statement["Action"])} >= {
        "connect:UpdateContact",
        "execute-api:Invoke",
        "kms:GenerateDataKey",
        "sqs:SendMessage",
        "sqs:StartMessageMoveTask",
    }
    assert [statement["Condition"] for statement in policy] == [CONDITION] * len(policy)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("kind", ["role", "user"])
def test_identity_that_may_be_of_another_account_is_named_by_the_resource(kind: str) -> None:
    # Given a stack that does not know its account: a policy of its own for it could not be deployed across accounts,
    # or would be that of another role of the same name
    stack = Stack(App(), "Stack")
    arn = f"arn:aws:iam::{ELSEWHERE}:{kind}/crm"
    by_arn = iam.Role.from_role_arn if kind == "role" else iam.User.from_user_arn
    grantee = by_arn(stack, "Imported", arn)
    queue = new_queue(stack, encryption_key=kms.Key(stack, "Key"))

    # When
    queue.grant_send_updates(grantee)
    ContactUpdateApi(stack, "ContactUpdates", queue=queue).grant_updates(grantee)

    # Then
    template = Template.from_stack(stack)
    documents = [
        only(template, "AWS::ApiGateway::RestApi")["Policy"],
        only(template, "AWS::KMS::Key")["KeyPolicy"],
        queue_policies(stack)[1]["Properties"]["PolicyDocument"],
    ]
    for document in documents:
        assert document["Statement"][-1]["Principal"] == {"AWS": arn}
    assert all("Users" not in policy["Properties"] for policy in resources(template, "AWS::IAM::Policy").values())
    assert "crm" not in str(
        [policy["Properties"]["Roles"] for policy in resources(template, "AWS::IAM::Policy").values()]
    )


@pytest.mark.parametrize("redrive", [True, False])
def test_identity_that_may_be_of_another_account_is_told_what_to_do(redrive: bool) -> None:
    stack = Stack(App(), "Stack")
    instance = ConnectInstance.from_instance_id(stack, "Instance", "12345678-1234-1234-1234-123456789012")
    queue = ContactUpdateQueue(stack, "Updates", instance=instance)
    grantee = imported_role(ELSEWHERE)(stack)

    with pytest.raises(ValueError, match=r"give the stack env=, or import the grantee by its name$"):
        (queue.grant_redrive if redrive else instance.grant_updates)(grantee)
    by_name = iam.Role.from_role_name(stack, "ByName", "crm")
    assert (queue.grant_redrive if redrive else instance.grant_updates)(by_name).success


def test_role_of_another_account_in_the_same_app_is_named_in_the_policy_here() -> None:
    # Given
    app = App()
    stack = Stack(app, "Stack", env=Environment(account=HERE, region="us-east-1"))
    there = Stack(app, "There", env=Environment(account=ELSEWHERE, region="us-east-1"))
    crm = iam.Role(there, "Crm", assumed_by=iam.AccountRootPrincipal(), role_name="crm")

    # When
    ContactUpdateQueue(stack, "Updates", instance=new_instance(stack)).grant_send_updates(crm)

    # Then
    _, policy = (document["Properties"]["PolicyDocument"]["Statement"] for document in queue_policies(stack))
    named = {"AWS": {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, f":iam::{ELSEWHERE}:role/crm"]]}}
    assert [statement["Principal"] for statement in policy if statement["Effect"] == "Allow"] == [named]
    assert statements(Template.from_stack(there)) == []


def test_change_of_the_apis_policy_alone_makes_a_new_deployment() -> None:
    # API Gateway applies a changed resource policy with the next deployment only.
    deployments: set[str] = set()
    for account in (None, ELSEWHERE, "777788889999"):
        stack = new_stack()
        api = new_api(stack)
        if account:
            api.grant_updates(iam.AccountPrincipal(account))
        deployments |= resources(Template.from_stack(stack), "AWS::ApiGateway::Deployment").keys()

    assert len(deployments) == 3


@pytest.mark.parametrize(
    ("principal", "message"),
    [
        *EVERYBODY,
        pytest.param(
            lambda _: iam.ServicePrincipal("events.amazonaws.com"),
            "expected the role that the service uses",
            id="service",
        ),
        pytest.param(
            lambda _: iam.ServicePrincipal(
                "events.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": HERE}}
            ),
            "expected the role that the service uses",
            id="service_with_condition",
        ),
    ],
)
def test_api_grants_raise_for_whom_no_policy_should_name(principal: NewPrincipal, message: str) -> None:
    stack = new_stack()
    api = new_api(stack)

    with pytest.raises(ValueError, match=f"^grantee: {message}"):
        api.grant_updates(principal(stack))
    template = Template.from_stack(stack)
    assert "Policy" not in only(template, "AWS::ApiGateway::RestApi")
    assert granted(template, "execute-api") == []


# The instance


@pytest.mark.parametrize(
    "principal",
    [
        *(pytest.param(case[1], id=case[0]) for case in NAMED_BY_THE_RESOURCE),
        pytest.param(lambda _: iam.ServicePrincipal("events.amazonaws.com"), id="service"),
        pytest.param(lambda _: iam.AnyPrincipal(), id="any"),
        pytest.param(
            lambda stack: iam.User.from_user_arn(stack, "User", f"arn:aws:iam::{ELSEWHERE}:user/u"), id="user"
        ),
        pytest.param(
            lambda stack: lambda_.Function.from_function_name(stack, "Imported", "crm"), id="function_without_role"
        ),
    ],
)
@pytest.mark.parametrize("grant", [ConnectInstance.grant_updates, ConnectInstance.grant_update_contact])
def test_instance_grants_raise_for_whom_this_app_cannot_give_a_policy(
    principal: NewPrincipal, grant: Callable[[ConnectInstance, iam.IGrantable], iam.Grant]
) -> None:
    stack = new_stack()
    instance = new_instance(stack)

    message = "grantee: expected a role, user, group or managed policy of the same account that this app may change"
    with pytest.raises(ValueError, match=f"^{message}, got .*: Amazon Connect has no resource policies$"):
        grant(instance, principal(stack))
    assert granted(Template.from_stack(stack), "connect:") == []


def test_instance_grants_raise_for_a_role_of_another_account_in_the_same_app() -> None:
    app = App()
    stack = Stack(app, "Stack", env=Environment(account=HERE, region="us-east-1"))
    there = Stack(app, "There", env=Environment(account=ELSEWHERE, region="us-east-1"))
    crm = iam.Role(there, "Crm", assumed_by=iam.AccountRootPrincipal(), role_name="crm")

    with pytest.raises(ValueError, match=r"got There/Crm: Amazon Connect has no resource policies$"):
        new_instance(stack).grant_updates(crm)


def test_instance_grants_write_into_a_managed_policy() -> None:
    stack = new_stack()
    new_instance(stack).grant_update_contact(iam.ManagedPolicy(stack, "Managed"))

    assert statements(Template.from_stack(stack), "AWS::IAM::ManagedPolicy") == [
        {"Action": "connect:UpdateContact", "Effect": "Allow", "Resource": CONTACT_ARNS}
    ]


# The queue


def queue_policies(stack: Stack) -> list[dict[str, Any]]:
    """The policy of the dead-letter queue, and that of the queue."""
    return list(resources(Template.from_stack(stack), "AWS::SQS::QueuePolicy").values())


@named_by_the_resource
def test_queue_names_in_its_policy_whom_an_identity_policy_cannot(
    principal: NewPrincipal, named: dict[str, Any], condition: dict[str, Any] | None
) -> None:
    stack = new_stack()
    queue = new_queue(stack)
    grant = queue.grant_send_updates(principal(stack))

    assert grant.success
    dead_letters, updates = (policy["Properties"]["PolicyDocument"]["Statement"] for policy in queue_policies(stack))
    assert updates[1:] == [allowed("sqs:SendMessage", named, stack.resolve(queue.queue.queue_arn), condition)]
    # Nobody else's, and nobody sends to the dead-letter queue.
    assert [statement["Effect"] for statement in (updates[0], *dead_letters)] == ["Deny", "Deny"]


@named_by_the_resource
def test_keys_policy_names_whom_the_queues_does(
    principal: NewPrincipal, named: dict[str, Any], condition: dict[str, Any] | None
) -> None:
    stack = new_stack()
    new_queue(stack, encryption_key=kms.Key(stack, "Key")).grant_send_updates(principal(stack))

    _administration, *others = only(Template.from_stack(stack), "AWS::KMS::Key")["KeyPolicy"]["Statement"]
    assert others == [allowed(["kms:Decrypt", "kms:GenerateDataKey"], named, "*", condition)]


@named_by_the_resource
def test_statement_that_an_imported_keys_policy_needs_is_a_warning(
    principal: NewPrincipal, named: dict[str, Any], condition: dict[str, Any] | None
) -> None:
    stack = new_stack()
    key = kms.Key.from_key_arn(stack, "Key", f"arn:aws:kms:us-east-1:{HERE}:key/12345678-1234-1234-1234-123456789012")
    new_queue(stack, encryption_key=key).grant_send_updates(principal(stack))

    (warning,) = warnings(stack)
    assert "add this statement, with what the deployed stack has in place of references" in warning
    assert '"Action":["kms:Decrypt","kms:GenerateDataKey"]' in warning


def test_service_may_send_under_a_condition() -> None:
    stack = new_stack()
    queue = new_queue(stack)
    condition = {"StringEquals": {"aws:SourceAccount": HERE}}
    queue.grant_send_updates(iam.ServicePrincipal("events.amazonaws.com", conditions=condition))

    _, updates = (policy["Properties"]["PolicyDocument"]["Statement"] for policy in queue_policies(stack))
    assert updates[1:] == [
        allowed(
            "sqs:SendMessage",
            {"Service": "events.amazonaws.com"},
            stack.resolve(queue.queue.queue_arn),
            condition,
        )
    ]


@pytest.mark.parametrize(
    ("principal", "message"),
    [
        *EVERYBODY,
        pytest.param(
            lambda _: iam.ServicePrincipal("events.amazonaws.com"),
            "expected the role that the service uses, got ServicePrincipal events.amazonaws.com: .*; or add a ",
            id="service",
        ),
        pytest.param(
            lambda _: iam.ServicePrincipal(
                "events.amazonaws.com", conditions={"Bool": {"aws:SecureTransport": "true"}}
            ),
            "expected the role that the service uses",
            id="service_by_tls",
        ),
    ],
)
def test_queue_grants_raise_for_whom_no_policy_should_name(principal: NewPrincipal, message: str) -> None:
    stack = new_stack()
    queue = new_queue(stack)

    with pytest.raises(ValueError, match=f"^grantee: {message}"):
        queue.grant_send_updates(principal(stack))
    effects = [
        statement["Effect"]
        for policy in queue_policies(stack)
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]
    assert effects == ["Deny", "Deny"]


@pytest.mark.parametrize(
    "principal",
    [
        *(pytest.param(case[1], id=case[0]) for case in NAMED_BY_THE_RESOURCE),
        pytest.param(lambda _: iam.ServicePrincipal("events.amazonaws.com"), id="service"),
    ],
)
def test_redrive_is_for_identities_of_the_account(principal: NewPrincipal) -> None:
    stack = new_stack()
    queue = new_queue(stack)

    because = re.escape("Amazon SQS moves messages within one account, by a permission of the caller's own")
    with pytest.raises(ValueError, match=f"^grantee: expected a role, .*: {because}$"):
        queue.grant_redrive(principal(stack))
    assert granted(Template.from_stack(stack), "sqs:StartMessageMoveTask") == []
