"""What an unexpected answer means, and what to do."""

from __future__ import annotations

from connect_constructs.verify.endpoint import Answer

_LOOK_INTO_THE_LOG = "The function's log says more: its line has the request id {request_id} as requestId."

_NO_PATH = (
    "There is no such path at this URL. --endpoint is the stack's output Endpoint, with the stage, such as …/prod. If "
    "the endpoint does not offer this operation, say which: --operation."
)

# What a caller who expected Amazon Connect's own answer should know about another one, by the error's type.
_MEANINGS = {
    "AccessDeniedException": "You may not make this call. With IAM, api.grant_updates(…) or a policy with "
    "execute-api:Invoke allows it; a permission just given takes a while. An endpoint with allowed_attributes wants "
    "one of its keys as --attribute. A token for certain contacts cannot be used: the contact is a new id.",
    "ForbiddenException": "The API key is missing or wrong (--api-key), or a firewall refuses this call.",
    "IncompleteSignatureException": "API Gateway takes the header Authorization for a signature: the endpoint has no "
    "authorizer, or: " + _NO_PATH,
    "InternalServiceException": "The function could not do its work: its role is not allowed to, the other service is "
    "not reachable (a VPC without a way out), or it failed by itself. " + _LOOK_INTO_THE_LOG,
    "InvalidParameterException": "Amazon Connect refuses the call itself, which breaks no documented rule.",
    "InvalidRequestException": "The call breaks no documented rule. The text says who refuses it, and why.",
    "InvalidSignatureException": "The signature does not match: are these the right credentials (--profile), the right "
    "Region (--region), and is this machine's clock right?",
    "LimitExceededException": "The API key's quota is used up.",
    "MissingAuthenticationTokenException": _NO_PATH,
    "ThrottlingException": "The endpoint or Amazon Connect is throttled by other callers: try again later.",
    "UnauthorizedException": "The endpoint has an authorizer, and it does not take this token: --header.",
    "UnrecognizedClientException": "AWS does not know this access key: --profile.",
}


def meaning_of(answer: Answer) -> str:
    """What `answer` means to whoever expected another one, and what to do. `{request_id}` is still to be filled in."""
    if answer.failure:
        return "The endpoint did not answer this call, though it answered others."
    # API Gateway's own type, in the header, is more exact than a gateway response's.
    for error_type in (*answer.error_type_headers, answer.error_type):
        if error_type in _MEANINGS:
            return _MEANINGS[error_type]
    return _LOOK_INTO_THE_LOG
