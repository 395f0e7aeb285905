"""The key of the function's environment variables and log group."""

from __future__ import annotations

import pytest
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

from tests.constructs.contact_update_function.function_stacks import UPDATES, new_function, own_logs
from tests.constructs.stacks import logical_id, new_stack, only, statements, warnings


@pytest.fixture(scope="module")
def with_key() -> Template:
    stack = new_stack(region="eu-west-2")
    new_function(stack, encryption_key=kms.Key(stack, "Key"))
    return Template.from_stack(stack)


def test_key_encrypts_environment_and_log(with_key: Template) -> None:
    key = {"Fn::GetAtt": [logical_id(with_key, "AWS::KMS::Key"), "Arn"]}

    assert only(with_key, "AWS::Lambda::Function")["KmsKeyArn"] == key
    assert only(with_key, "AWS::Logs::LogGroup")["KmsKeyId"] == key


def test_role_may_decrypt_with_the_key(with_key: Template) -> None:
    key = {"Fn::GetAtt": [logical_id(with_key, "AWS::KMS::Key"), "Arn"]}

    decrypt = {"Action": "kms:Decrypt", "Effect": "Allow", "Resource": key}
    assert statements(with_key) == [own_logs(with_key), decrypt, UPDATES]


def test_key_policy_lets_cloudwatch_logs_use_the_key_for_log_groups_here(with_key: Template) -> None:
    log_groups = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":logs:eu-west-2:111122223333:log-group:*"]]}
    _administration, *others = only(with_key, "AWS::KMS::Key")["KeyPolicy"]["Statement"]

    assert others == [
        {
            "Action": ["kms:Decrypt", "kms:Describe*", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"],
            "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": log_groups}},
            "Effect": "Allow",
            "Principal": {"Service": "logs.eu-west-2.amazonaws.com"},
            "Resource": "*",
        }
    ]


def test_imported_key_is_used_and_left_as_it_is() -> None:
    arn = "arn:aws:kms:us-east-1:111122223333:key/1"
    stack = new_stack(region="us-east-1")
    new_function(stack, encryption_key=kms.Key.from_key_arn(stack, "Key", arn))

    template = Template.from_stack(stack)
    assert only(template, "AWS::Lambda::Function")["KmsKeyArn"] == arn
    assert {"Action": "kms:Decrypt", "Effect": "Allow", "Resource": arn} in statements(template)
    assert template.find_resources("AWS::KMS::Key") == {}
    # Only the key's owner can let CloudWatch Logs use it.
    (warning,) = warnings(stack)
    assert warning.startswith("The policy of the imported key Stack/Key cannot be changed here.")
    assert '"Service":"logs.us-east-1.amazonaws.com"' in warning


@pytest.mark.parametrize("imported", [True, False])
def test_rejects_an_alias_as_key(imported: bool) -> None:
    stack = new_stack()
    alias = (
        kms.Alias.from_alias_name(stack, "Alias", "alias/a")
        if imported
        else kms.Alias(stack, "Alias", alias_name="alias/a", target_key=kms.Key(stack, "Key"))
    )

    with pytest.raises(ValueError, match=r"^function_options.encryption_key: expected a key, got an alias"):
        new_function(stack, encryption_key=alias)
