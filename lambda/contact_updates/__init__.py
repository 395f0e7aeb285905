"""The run-time side of connect-constructs: takes contact updates in and hands them to Amazon Connect.

Standard library and boto3 only. Values of attributes, names, descriptions and references never reach a log line or
an error message.
"""
