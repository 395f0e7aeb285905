"""The run-time side of connect-constructs: takes contact updates and applies them in Amazon Connect.

    api_function, queue_function   the entry points of the two Lambda functions
    endpoint                       only for the function behind the API
    consumer                       only for the function behind the queue
    everything else                shared by both

Standard library and boto3 only. Values of attributes, names, descriptions and references never reach a log line or
an error message.
"""
