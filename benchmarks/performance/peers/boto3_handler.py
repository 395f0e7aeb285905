"""The handler that every team writes first: boto3 and little else."""

import json

import boto3

connect = boto3.client("connect")


def handler(event, context):
    body = json.loads(event["body"])
    connect.update_contact_attributes(
        InstanceId=body["InstanceId"], InitialContactId=body["InitialContactId"], Attributes=body["Attributes"]
    )
    return {"statusCode": 200, "body": ""}
