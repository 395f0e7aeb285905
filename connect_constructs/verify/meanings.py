"""What an unexpected response means, and what to do about it."""

from __future__ import annotations

from connect_constructs.verify.endpoint import Answer

_SEE_THE_LOG = "The function's log says more: its line has the request id {request_id} as requestId."

_NO_PATH = (
    "There is no such path at this URL. --endpoint must be the stack's output Endpoint, with the stage, such as "
    "…/prod. If the endpoint does not offer this operation, say which: --operation."
)

# The meaning of each error type for a caller who expected Amazon Connect's own response.
_MEANINGS = {
    "AccessDeniedException": "You may not make this call. With IAM, api.grant_updates(…) or a policy with "
    "execute-api:Invoke allows it; a new permission takes a while to take effect. An endpoint with allowed_attributes "
    "needs one of its keys as --attribute, one with allowed_members one of its names as --member. A token limited to "
    "certain contacts cannot be used, because the contact ids here are new.",
    "ForbiddenException": "The API key is missing or wrong (--api-key), or a firewall blocks this call.",
    "IncompleteSignatureException": "API Gateway reads the header Authorization as a signature, so either the endpoint "
    "has no authorizer, or the path is unknown. " + _NO_PATH,
    "InternalServiceException": "The function could not do its work: its role is not allowed to, the service behind "
    "it is not reachable (a VPC without outbound access), or the function itself failed. " + _SEE_THE_LOG,
    "InvalidParameterException": "Amazon Connect itself refused the call, although it breaks no documented rule.",
    "InvalidRequestException": "The call breaks no documented rule. The message says who refused it, and why.",
    "InvalidSignatureException": "The signature does not match. Are the credentials (--profile) and the Region "
    "(--region) right, and is this machine's clock correct?",
    "LimitExceededException": "The API key's quota is used up.",
    "MissingAuthenticationTokenException": _NO_PATH,
    "ThrottlingException": "The endpoint or Amazon Connect is throttled by other callers. Try again later.",
    "UnauthorizedException": "The endpoint has an authorizer, which rejected this token: --header.",
    "UnrecognizedClientException": "AWS does not know this access key: --profile.",
}


def meaning_of(answer: Answer) -> str:
    """What this unexpected answer means, and what to do. The text may contain the placeholder `{request_id}`."""
    if answer.failure:
        return "The endpoint did not respond to this call, although it responded to others."
    # API Gateway's own type, in the header, is more exact than a gateway response's.
    for error_type in (*answer.error_type_headers, answer.error_type):
        if error_type in _MEANINGS:
            return _MEANINGS[error_type]
    return _SEE_THE_LOG
