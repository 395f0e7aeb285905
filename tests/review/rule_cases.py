"""For each rule that looks at one resource: an old one, a change that is compliant, and one that is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.review.templates import Json, allow, policy, resource


@dataclass(frozen=True)
class Case:
    rule: str
    # A resource; None where it is added, or for `compliant` and `breaking` removed.
    old: Json | None
    compliant: Json | None
    breaking: Json | None

    def __str__(self) -> str:
        shown = self.old or self.breaking or {}
        return f"{self.rule} {shown.get('Type', '')}"


def properties(rule: str, type_name: str, old: Json, compliant: Json, breaking: Json) -> Case:
    """The same resource with other properties."""
    return Case(rule, *(resource(type_name, one) for one in (old, compliant, breaking)))


def one(rule: str, type_name: str, path: str, old: Any, compliant: Any, breaking: Any) -> Case:
    """The same resource with another value at one path; None where it is not set."""

    def at(value: Any) -> Json:
        given: Any = value
        for name in reversed(path.split(".")):
            given = {} if given is None else {name: given}
        return given or {}

    return properties(rule, type_name, at(old), at(compliant), at(breaking))


def queue(**others: Any) -> Json:
    return {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 30}, **others}


DLQ = {"deadLetterTargetArn": "arn:aws:sqs:us-east-1:111122223333:dead", "maxReceiveCount": 3}
KEY = {"Fn::GetAtt": ["Key", "Arn"]}
METHOD = {"HttpMethod": "POST", "ResourceId": "r", "RestApiId": "a", "AuthorizationType": "AWS_IAM"}
ROUTE = {"ApiId": "a", "RouteKey": "POST /x", "AuthorizationType": "AWS_IAM"}
BLOCKED = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)
INSIDE = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"}
EVERYWHERE = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"}
S3_ONLY = policy(allow("s3:GetObject", Principal="*"))
LISTED = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
ALARM = {
    "ComparisonOperator": "GreaterThanThreshold",
    "Threshold": 5,
    "EvaluationPeriods": 1,
    "AlarmActions": ["topic"],
}


def preflight(origin: str) -> Json:
    response = {"ResponseParameters": {"method.response.header.Access-Control-Allow-Origin": f"'{origin}'"}}
    return {**METHOD, "HttpMethod": "OPTIONS", "Integration": {"IntegrationResponses": [response]}}


def settings(**limits: int) -> Json:
    return {"RestApiId": "a", "StageName": "s", "MethodSettings": [{"HttpMethod": "*", "ResourcePath": "/*", **limits}]}


CASES = (
    # Class 1
    Case("data-removed", queue(), queue(DeletionPolicy="Retain"), None),
    Case("data-removed", queue(DeletionPolicy="Retain"), queue(DeletionPolicy="Retain"), None),
    properties(
        "data-replaced",
        "AWS::DynamoDB::Table",
        {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]},
        {"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"},
        {"KeySchema": [{"AttributeName": "other", "KeyType": "HASH"}]},
    ),
    one("data-replaced", "AWS::RDS::DBInstance", "Engine", "mysql", "mysql", "postgres"),
    # Class 4
    one("identity-replaced", "AWS::Lambda::Function", "PackageType", None, None, "Image"),
    Case(
        "identity-removed",
        resource("AWS::SNS::Topic", {"TopicName": "events"}),
        resource("AWS::SNS::Topic", {"TopicName": "events", "DisplayName": "Events"}),
        None,
    ),
    # Class 6
    Case("deployment-fails", queue(), queue(), resource("AWS::SNS::Topic")),
    properties(
        "deployment-fails",
        "AWS::DynamoDB::Table",
        {"TableName": "t", "KeySchema": ["old"]},
        {"TableName": "other", "KeySchema": ["new"]},
        {"TableName": "t", "KeySchema": ["new"]},
    ),
    # Class 2
    properties(
        "api-authorization-off",
        "AWS::ApiGateway::Method",
        METHOD,
        {**METHOD, "ApiKeyRequired": True},
        {**METHOD, "AuthorizationType": "NONE"},
    ),
    Case(
        "api-authorization-off",
        None,
        resource("AWS::ApiGateway::Method", {**METHOD, "HttpMethod": "OPTIONS", "AuthorizationType": "NONE"}),
        resource("AWS::ApiGateway::Method", {**METHOD, "AuthorizationType": "NONE"}),
    ),
    properties(
        "http-api-authorization-off",
        "AWS::ApiGatewayV2::Route",
        ROUTE,
        {**ROUTE, "OperationName": "x"},
        {**ROUTE, "AuthorizationType": "NONE"},
    ),
    properties(
        "api-authorizer-changed",
        "AWS::ApiGateway::Method",
        {**METHOD, "AuthorizationType": "CUSTOM", "AuthorizerId": "one"},
        {**METHOD, "AuthorizationType": "CUSTOM", "AuthorizerId": "one", "OperationName": "x"},
        {**METHOD, "AuthorizationType": "CUSTOM", "AuthorizerId": "other"},
    ),
    one(
        "api-scopes-widened",
        "AWS::ApiGateway::Method",
        "AuthorizationScopes",
        ["read", "write"],
        ["write"],
        ["read", "write", "admin"],
    ),
    one("api-scopes-widened", "AWS::ApiGatewayV2::Route", "AuthorizationScopes", ["write"], ["write"], None),
    properties(
        "api-key-off",
        "AWS::ApiGateway::Method",
        {**METHOD, "ApiKeyRequired": True},
        {**METHOD, "ApiKeyRequired": "true"},
        METHOD,
    ),
    one("graphql-api-key", "AWS::AppSync::GraphQLApi", "AuthenticationType", "AWS_IAM", "OPENID_CONNECT", "API_KEY"),
    one("function-url-open", "AWS::Lambda::Url", "AuthType", "AWS_IAM", "AWS_IAM", "NONE"),
    one(
        "api-endpoint-public",
        "AWS::ApiGateway::RestApi",
        "EndpointConfiguration.Types",
        ["PRIVATE"],
        ["PRIVATE"],
        ["REGIONAL"],
    ),
    one(
        "bucket-public-access",
        "AWS::S3::Bucket",
        "PublicAccessBlockConfiguration",
        BLOCKED,
        BLOCKED,
        {**BLOCKED, "BlockPublicPolicy": False},
    ),
    one("bucket-public-access", "AWS::S3::Bucket", "PublicAccessBlockConfiguration", BLOCKED, BLOCKED, None),
    one("bucket-acl-public", "AWS::S3::Bucket", "AccessControl", "Private", "LogDeliveryWrite", "PublicRead"),
    one(
        "network-open",
        "AWS::EC2::SecurityGroup",
        "SecurityGroupIngress",
        [INSIDE],
        [INSIDE, {**INSIDE, "FromPort": 80, "ToPort": 80}],
        [INSIDE, EVERYWHERE],
    ),
    properties("network-open", "AWS::EC2::SecurityGroupIngress", INSIDE, INSIDE, EVERYWHERE),
    # Fewer ports than before, of fewer protocols; more of them; as many of another protocol.
    one(
        "network-egress-open",
        "AWS::EC2::SecurityGroup",
        "SecurityGroupEgress",
        [{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}],
        [EVERYWHERE],
        [{"IpProtocol": "-1", "CidrIpv6": "::/0"}],
    ),
    one(
        "network-open",
        "AWS::EC2::SecurityGroup",
        "SecurityGroupIngress",
        [{**EVERYWHERE, "FromPort": 80}],
        [EVERYWHERE],
        [{**EVERYWHERE, "FromPort": 22}],
    ),
    one(
        "network-open",
        "AWS::EC2::SecurityGroup",
        "SecurityGroupIngress",
        [EVERYWHERE],
        [EVERYWHERE, INSIDE],
        [{**EVERYWHERE, "IpProtocol": "udp"}],
    ),
    # A part of the network; two halves of all addresses, and a network that is not private.
    one(
        "network-open",
        "AWS::EC2::SecurityGroup",
        "SecurityGroupIngress",
        [EVERYWHERE],
        [{**EVERYWHERE, "CidrIp": "203.0.113.0/24"}, {**LISTED, "SourcePrefixListId": "pl-1"}],
        [{**EVERYWHERE, "CidrIp": "203.0.113.0/24", "FromPort": 22}],
    ),
    one(
        "network-open",
        "AWS::EC2::SecurityGroup",
        "SecurityGroupIngress",
        [INSIDE],
        [{**INSIDE, "FromPort": 22}, {**INSIDE, "CidrIp": "172.16.0.0/12"}],
        [{**INSIDE, "CidrIp": "0.0.0.0/1"}],
    ),
    one(
        "network-open",
        "AWS::EC2::SecurityGroup",
        "SecurityGroupIngress",
        [{**LISTED, "CidrIpv6": "::/0"}],
        [{**LISTED, "CidrIpv6": "2001:db8::/32"}, {**LISTED, "CidrIpv6": "fd00::/8", "FromPort": 22}],
        [{**LISTED, "CidrIpv6": "0::/0", "FromPort": 22}],
    ),
    one(
        "network-open",
        "AWS::EC2::SecurityGroup",
        "SecurityGroupIngress",
        [{**LISTED, "SourceSecurityGroupId": "sg-1"}],
        [{**LISTED, "SourceSecurityGroupId": "sg-2"}],
        [{**LISTED, "CidrIpv6": "2001:db8::/32"}],
    ),
    # For ICMP, a type and a code.
    one(
        "network-open",
        "AWS::EC2::SecurityGroup",
        "SecurityGroupIngress",
        [{"IpProtocol": "icmp", "FromPort": 0, "ToPort": 8, "CidrIp": "0.0.0.0/0"}],
        [{"IpProtocol": "icmp", "FromPort": 0, "ToPort": 8, "CidrIp": "0.0.0.0/0"}],
        [{"IpProtocol": "icmp", "FromPort": 3, "ToPort": 4, "CidrIp": "0.0.0.0/0"}],
    ),
    one(
        "network-egress-open",
        "AWS::EC2::SecurityGroup",
        "SecurityGroupEgress",
        [INSIDE],
        [{**INSIDE, "CidrIp": "10.1.0.0/16"}],
        [EVERYWHERE],
    ),
    one(
        "publicly-accessible",
        "AWS::EKS::Cluster",
        "ResourcesVpcConfig.EndpointPublicAccess",
        False,
        False,
        None,
    ),
    one(
        "publicly-accessible",
        "AWS::ECS::Service",
        "NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp",
        "DISABLED",
        None,
        "ENABLED",
    ),
    one("resource-policy-removed", "AWS::EC2::VPCEndpoint", "PolicyDocument", S3_ONLY, policy(), None),
    one("resource-policy-removed", "AWS::ApiGateway::RestApi", "Policy", S3_ONLY, S3_ONLY, None),
    one("resource-policy-removed", "AWS::EFS::FileSystem", "FileSystemPolicy", S3_ONLY, S3_ONLY, None),
    one("api-default-endpoint", "AWS::ApiGateway::RestApi", "DisableExecuteApiEndpoint", True, True, None),
    one("mutual-tls-off", "AWS::ApiGateway::DomainName", "MutualTlsAuthentication.TruststoreUri", "a", "b", None),
    one(
        "signed-urls-off",
        "AWS::CloudFront::Distribution",
        "DistributionConfig.DefaultCacheBehavior.TrustedKeyGroups",
        ["a"],
        ["b"],
        [],
    ),
    one(
        "sign-up-open",
        "AWS::Cognito::UserPool",
        "AdminCreateUserConfig.AllowAdminCreateUserOnly",
        True,
        True,
        None,
    ),
    one("mfa-off", "AWS::Cognito::UserPool", "MfaConfiguration", "ON", "ON", "OPTIONAL"),
    one("mfa-off", "AWS::Cognito::UserPool", "MfaConfiguration", "ON", "ON", None),
    one("identity-provider-changed", "AWS::IAM::OIDCProvider", "ClientIdList", ["a", "b"], ["b"], ["a", "c"]),
    one("identity-provider-changed", "AWS::IAM::SAMLProvider", "SamlMetadataDocument", "<a/>", "<a/>", "<b/>"),
    one(
        "shared-with-others",
        "AWS::RAM::ResourceShare",
        "Principals",
        ["111122223333"],
        [{"Ref": "AWS::AccountId"}],
        ["999988887777"],
    ),
    one("shared-with-others", "AWS::EC2::VPCEndpointServicePermissions", "AllowedPrincipals", ["a"], ["a"], ["*"]),
    one("api-authorizer-changed", "AWS::ApiGateway::Authorizer", "AuthorizerUri", "a", "a", "b"),
    one("api-authorizer-changed", "AWS::ApiGatewayV2::Authorizer", "JwtConfiguration.Issuer", "a", "a", "b"),
    one("api-authorizer-changed", "AWS::AppSync::GraphQLApi", "UserPoolConfig", {"Id": "a"}, {"Id": "a"}, {"Id": "b"}),
    one(
        "graphql-api-key",
        "AWS::AppSync::GraphQLApi",
        "AdditionalAuthenticationProviders",
        None,
        [{"AuthenticationType": "AWS_IAM"}],
        [{"AuthenticationType": "API_KEY"}],
    ),
    one("runs-as-another", "AWS::Lambda::Function", "Role", "arn:aws:iam::1:role/a", "arn:aws:iam::1:role/a", "b"),
    one("runs-as-another", "AWS::EC2::Instance", "IamInstanceProfile", "a", None, "b"),
    one("runs-as-another", "AWS::IAM::InstanceProfile", "Roles", ["a"], ["a"], ["b"]),
    one("membership-added", "AWS::IAM::User", "Groups", ["a", "b"], ["b"], ["b", "c"]),
    one("membership-added", "AWS::SSO::PermissionSet", "ManagedPolicies", ["a"], None, ["a", "b"]),
    Case("membership-added", None, None, resource("AWS::IAM::UserToGroupAddition", {"Users": ["u"]})),
    Case("membership-added", None, None, resource("AWS::SSO::Assignment", {"PrincipalId": "p"})),
    Case("credentials-added", None, resource("AWS::IAM::User"), resource("AWS::IAM::AccessKey", {"UserName": "u"})),
    one("credentials-added", "AWS::IAM::User", "LoginProfile", None, None, {"Password": "p"}),
    one("session-policy-removed", "AWS::Transfer::User", "Policy", "{}", "{}", None),
    one("organization-policy-removed", "AWS::Organizations::Policy", "TargetIds", ["a", "b"], ["b", "c", "a"], ["a"]),
    Case(
        "organization-policy-removed",
        resource("AWS::Organizations::Policy", {"Name": "a"}),
        resource("AWS::Organizations::Policy", {"Name": "b"}),
        None,
    ),
    one("publicly-accessible", "AWS::RDS::DBInstance", "PubliclyAccessible", False, None, True),
    one(
        "load-balancer-public",
        "AWS::ElasticLoadBalancingV2::LoadBalancer",
        "Scheme",
        "internal",
        "internal",
        "internet-facing",
    ),
    one("identity-pool-guests", "AWS::Cognito::IdentityPool", "AllowUnauthenticatedIdentities", False, False, True),
    one(
        "cors-origins",
        "AWS::ApiGatewayV2::Api",
        "CorsConfiguration.AllowOrigins",
        ["https://*.crm.example"],
        ["https://eu.crm.example"],
        ["https://*.example"],
    ),
    one("cors-origins", "AWS::Lambda::Url", "Cors.AllowOrigins", ["https://a.example"], ["https://a.example"], ["*"]),
    one(
        "bucket-cors-origins",
        "AWS::S3::Bucket",
        "CorsConfiguration.CorsRules",
        [{"AllowedOrigins": ["https://a.example", "https://b.example"]}],
        [{"AllowedOrigins": ["https://b.example"]}],
        [{"AllowedOrigins": ["*"]}],
    ),
    properties(
        "response-cors-origins",
        "AWS::ApiGateway::Method",
        preflight("https://a.example"),
        {**preflight("https://a.example"), "OperationName": "x"},
        preflight("*"),
    ),
    one("cors-credentials", "AWS::Lambda::Url", "Cors.AllowCredentials", False, None, True),
    Case(
        "web-acl-removed",
        resource("AWS::WAFv2::WebACLAssociation", {"ResourceArn": "a", "WebACLArn": "w"}),
        resource("AWS::WAFv2::WebACLAssociation", {"ResourceArn": "a", "WebACLArn": "w"}),
        None,
    ),
    properties(
        "api-document-changed",
        "AWS::ApiGateway::RestApi",
        {"Body": {"openapi": "3.0.1", "paths": {"/x": {}}}},
        {"Body": {"paths": {"/x": {}}, "openapi": "3.0.1"}, "Description": "x"},
        {"Body": {"openapi": "3.0.1", "paths": {"/x": {"get": {}}}}},
    ),
    # Class 3, but for grants
    one("permissions-boundary-weakened", "AWS::IAM::Role", "PermissionsBoundary", "arn:b", "arn:b", None),
    # Class 5
    one("encryption-off", "AWS::SQS::Queue", "SqsManagedSseEnabled", True, None, False),
    one("encryption-off", "AWS::EFS::FileSystem", "Encrypted", True, "true", None),
    one(
        "encryption-off",
        "AWS::Kinesis::Stream",
        "StreamEncryption",
        {"EncryptionType": "KMS"},
        {"EncryptionType": "KMS"},
        None,
    ),
    one("encryption-key-removed", "AWS::SQS::Queue", "KmsMasterKeyId", KEY, KEY, None),
    one("encryption-key-removed", "AWS::Logs::LogGroup", "KmsKeyId", KEY, KEY, None),
    one(
        "encryption-key-removed",
        "AWS::S3::Bucket",
        "BucketEncryption.ServerSideEncryptionConfiguration",
        [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}],
        [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms:dsse"}}],
        [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}],
    ),
    one("key-rotation-off", "AWS::KMS::Key", "EnableKeyRotation", True, True, None),
    properties(
        "throttle-weakened",
        "AWS::ApiGateway::Stage",
        settings(ThrottlingRateLimit=10, ThrottlingBurstLimit=15),
        settings(ThrottlingRateLimit=5, ThrottlingBurstLimit=15),
        settings(ThrottlingRateLimit=100, ThrottlingBurstLimit=15),
    ),
    properties(
        "throttle-weakened",
        "AWS::ApiGateway::Stage",
        settings(ThrottlingRateLimit=10),
        settings(ThrottlingRateLimit=10),
        settings(),
    ),
    one("throttle-weakened", "AWS::ApiGatewayV2::Stage", "DefaultRouteSettings.ThrottlingRateLimit", 10, 9, None),
    one("usage-plan-weakened", "AWS::ApiGateway::UsagePlan", "Throttle.RateLimit", 10, 5, 20),
    one("concurrency-weakened", "AWS::Lambda::Function", "ReservedConcurrentExecutions", 5, 2, None),
    one(
        "concurrency-weakened",
        "AWS::Lambda::EventSourceMapping",
        "ScalingConfig.MaximumConcurrency",
        2,
        2,
        10,
    ),
    one("log-retention-shortened", "AWS::Logs::LogGroup", "RetentionInDays", 30, 90, 7),
    one("log-retention-shortened", "AWS::Logs::LogGroup", "RetentionInDays", None, None, 3653),
    one("logging-off", "AWS::ApiGateway::Stage", "AccessLogSetting", {"Format": "f"}, {"Format": "g"}, None),
    one("logging-off", "AWS::CloudTrail::Trail", "IsLogging", True, True, False),
    one("dead-letters-removed", "AWS::SQS::Queue", "RedrivePolicy", DLQ, {**DLQ, "maxReceiveCount": 5}, None),
    one(
        "dead-letters-removed",
        "AWS::Events::Rule",
        "Targets",
        [{"Id": "t", "DeadLetterConfig": {"Arn": "q"}}],
        [{"Id": "t", "DeadLetterConfig": {"Arn": "other"}}],
        [{"Id": "t"}],
    ),
    Case(
        "alarm-removed",
        resource("AWS::CloudWatch::Alarm", ALARM),
        resource("AWS::CloudWatch::Alarm", {**ALARM, "AlarmActions": ["topic", "more"]}),
        None,
    ),
    properties("alarm-removed", "AWS::CloudWatch::Alarm", ALARM, ALARM, {**ALARM, "ActionsEnabled": False}),
    properties("alarm-later", "AWS::CloudWatch::Alarm", ALARM, {**ALARM, "Threshold": 3}, {**ALARM, "Threshold": 50}),
    Case(
        "deletion-policy-weakened",
        queue(DeletionPolicy="Retain"),
        queue(DeletionPolicy="RetainExceptOnCreate"),
        queue(DeletionPolicy="Delete"),
    ),
    Case(
        "deletion-policy-weakened",
        queue(UpdateReplacePolicy="Snapshot"),
        queue(UpdateReplacePolicy="Retain"),
        queue(),
    ),
    one("deletion-protection-off", "AWS::RDS::DBInstance", "DeletionProtection", True, True, False),
    one("deletion-protection-off", "AWS::DynamoDB::Table", "DeletionProtectionEnabled", True, True, None),
    one("tls-weakened", "AWS::ApiGateway::DomainName", "SecurityPolicy", "TLS_1_2", "TLS_1_2", "TLS_1_0"),
    one(
        "tls-weakened",
        "AWS::ElasticLoadBalancingV2::Listener",
        "SslPolicy",
        "ELBSecurityPolicy-TLS13-1-2-2021-06",
        "ELBSecurityPolicy-TLS13-1-3-2021-06",
        "ELBSecurityPolicy-TLS-1-1-2017-01",
    ),
    one("tls-weakened", "AWS::ElasticLoadBalancingV2::Listener", "Protocol", "HTTPS", "HTTPS", "HTTP"),
    one(
        "backup-weakened",
        "AWS::DynamoDB::Table",
        "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled",
        True,
        True,
        False,
    ),
    one("backup-weakened", "AWS::S3::Bucket", "VersioningConfiguration.Status", "Enabled", "Enabled", "Suspended"),
    one("backup-weakened", "AWS::DocDB::DBCluster", "BackupRetentionPeriod", 14, 30, 1),
    one("backup-weakened", "AWS::SQS::Queue", "MessageRetentionPeriod", 1209600, 1209600, 60),
)
