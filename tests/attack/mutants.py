"""Mutants: the handler with a deliberate bug. An attack that does not catch them is worth nothing."""

from __future__ import annotations

from dataclasses import dataclass

from tests.attack.handler_code import HandlerCode


@dataclass(frozen=True)
class Mutant:
    """A change of the handler's source, and the scenario that must catch it."""

    name: str
    module: str
    old: str
    new: str
    scenario: str

    def code(self) -> HandlerCode:
        """The handler with the change. Raises NotMutatedError if the code to change is not there."""
        return HandlerCode({self.module: [(self.old, self.new)]})


MUTANTS = [
    Mutant(
        "acknowledges although the dead letter was not kept",
        "consumer.consumer",
        "                        if not_kept := self._reject(message, rejection, trace, failures, invocation):\n",
        "                        self._reject(message, rejection, trace, failures, invocation)\n"
        "                        if False:\n",
        "the dead-letter queue fails",
    ),
    Mutant(
        "goes on with a contact after a failure",
        "consumer.consumer",
        "                case Wait() as wait:\n                    return self._go_back(pending, wait)\n",
        "                case Wait() as wait:\n                    later = self._process(pending[1:], invocation)\n"
        "                    return self._go_back(pending[:1], wait) + later\n",
        "throttles of each form",
    ),
    Mutant(
        "forgets the failures of all groups but the last",
        "consumer.consumer",
        "waiting += self._process(",
        "waiting = self._process(",
        "an outage of ten minutes",
    ),
    Mutant(
        "sends all merged updates to the dead-letter queue with the culprit",
        "consumer.consumer",
        "if count > 1 and rejection.type != NOT_FOUND:",
        "if False:",
        "invalid parameters",
    ),
    Mutant(
        "takes a throttle for permanent",
        "consumer.step",
        '_PERMANENT = _MAY_BE_TOO_EARLY | {"InvalidParameterException"}',
        '_PERMANENT = _MAY_BE_TOO_EARLY | {"InvalidParameterException", "ThrottlingException"}',
        "throttles of each form",
    ),
    Mutant(
        "does not let updates expire",
        "consumer.step",
        "if age > _EXPIRY_SECONDS:",
        "if False:",
        "what expires after twelve days",
    ),
    Mutant(
        "starts calls that it has no time for",
        "consumer.step",
        "if not invocation.has_time_for(seconds=self._connect.seconds_per_update, requests=requests):",
        "if False:",
        "all calls hang for ten minutes",
    ),
    Mutant(
        "applies again what it has settled",
        "consumer.consumer",
        "return [message for message in group if message not in self._settled]",
        "return group",
        "lost deletes within one environment",
    ),
    Mutant(
        "does not know its operations",
        "consumer.step",
        "if self._operations is not None and update.operation.name not in self._operations:",
        "if False:",
        "what a queue of attributes does not have",
    ),
    Mutant(
        "logs the message",
        "consumer.consumer",
        "            **trace.fields(),\n",
        '            **trace._replace(upstream_error=message.record["body"]).fields(),\n',
        "calm",
    ),
    Mutant(
        "publishes the message",
        "consumer.consumer",
        '                    "type": rejection.type,\n',
        '                    "type": message.record["body"],\n',
        "invalid parameters",
    ),
    Mutant(
        "merges across what lies between",
        "consumer.received",
        "                break\n",
        "                continue\n",
        "calm",
    ),
    Mutant(
        "lets the earlier value win in a merge",
        "consumer.received",
        '{**first.parameters["Attributes"], **second.parameters["Attributes"]}',
        '{**second.parameters["Attributes"], **first.parameters["Attributes"]}',
        "merged bursts",
    ),
    Mutant(
        "takes all contacts for one",
        "consumer.received",
        'groups.setdefault(record["attributes"]["MessageGroupId"], [])',
        'groups.setdefault("", [])',
        "one contact held up for an hour",
    ),
    Mutant(
        "takes a new contact for a missing one",
        "consumer.visibility",
        "_NEXT_CALL_AT = (60, 300)",
        "_NEXT_CALL_AT = ()",
        "new contacts",
    ),
    Mutant(
        "forgets how often a message was received",
        "consumer.visibility",
        "    if failures > _LATE_FROM:\n",
        "    return 0\n    if failures > _LATE_FROM:\n",
        "what expires after twelve days",
    ),
    Mutant(
        "does not wait longer after 300 receives",
        "consumer.visibility",
        "_LATE_FROM = 300",
        "_LATE_FROM = 10_000",
        "what expires after twelve days",
    ),
    Mutant(
        "does not pace its calls",
        "connect_target",
        "                self._sleep(left)\n",
        "                pass\n",
        "unmerged bursts",
    ),
    Mutant(
        "paces its calls at twice the rate",
        "connect_target",
        "left = started + self.seconds - ended",
        "left = started + self.seconds / 2 - ended",
        "unmerged bursts",
    ),
    Mutant(
        "gives a repeated dead letter another deduplication id",
        "consumer.rejections",
        "MessageDeduplicationId=message.id",
        'MessageDeduplicationId=__import__("uuid").uuid4().hex',
        "the dead-letter queue's answers are reset now and then",
    ),
    Mutant(
        "loses the text of an unreadable message",
        "update_message",
        'fields = {"unreadable": body}',
        "fields = {}",
        "unreadable messages",
    ),
    Mutant(
        "gives a repeated call another deduplication id",
        "endpoint.queue_target",
        "MessageDeduplicationId=update_id",
        'MessageDeduplicationId=__import__("uuid").uuid4().hex',
        "calls sent again",
    ),
    Mutant(
        "confirms what the queue did not",
        "endpoint.queue_target",
        "        raise internal_error(trace)\n",
        "        return Accepted(trace)\n",
        "lost answers to producers",
    ),
    Mutant(
        "groups by each update instead of by contact",
        "endpoint.queue_target",
        "MessageGroupId=message_group_id(update.contact_id)",
        "MessageGroupId=update_id",
        "calls sent again",
    ),
]
