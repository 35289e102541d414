"""Talks to the sandbox through the provider's official SDK (vapi_server_sdk 3.0.0).

The SDK builds its objects without checking them, so every JSON body is given to its pydantic models again, which do
check. Arguments: the sandbox's address and its key. Prints "conformant" as its last line when all went well.
"""

import datetime
import http.server
import json
import queue
import sys
import threading
import urllib.request

import httpx
import vapi
from vapi import types
from vapi.core.api_error import ApiError
from vapi.core.pydantic_utilities import parse_obj_as
from vapi.phone_numbers.types import GetPhoneNumbersResponse

BASE_URL, KEY = sys.argv[1], sys.argv[2]
ASSISTANT = "0195a000-0000-7000-8000-00000000a001"
NUMBER = "0195a000-0000-7000-8000-00000000b001"
ONCE = {"max_retries": 0, "timeout_in_seconds": 20}
DEADLINE_SECONDS = 60

# The models of messages by their `type`; those that the SDK has no model for are only looked at by hand.
MESSAGES = {
    "status-update": types.ServerMessageStatusUpdate,
    "end-of-call-report": types.ServerMessageEndOfCallReport,
    "speech-update": types.ServerMessageSpeechUpdate,
    "conversation-update": types.ServerMessageConversationUpdate,
    "transcript": types.ServerMessageTranscript,
    "user-interrupted": types.ServerMessageUserInterrupted,
    "hang": types.ServerMessageHang,
    "assistant.speechStarted": types.ServerMessageAssistantSpeech,
    "tool-calls": types.ServerMessageToolCalls,
    "assistant.started": None,
}


def check(condition, what):
    if not condition:
        raise AssertionError(what)


class Receiver:
    """A receiver of webhooks that puts every body into a queue, and answers tool calls as the SDK's model says."""

    def __init__(self):
        self.bodies = bodies = queue.Queue()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                body = json.loads(body)
                answer = results(body["message"]) if body["message"]["type"] == "tool-calls" else b""
                bodies.put((self.headers, body))
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = "http://127.0.0.1:%d/hooks" % self.server.server_port


def results(message):
    """An answer to every tool call of the message."""
    answers = [
        {"name": call["function"]["name"], "toolCallId": call["id"], "result": "noted"}
        for call in message["toolCallList"]
    ]
    types.ServerMessageResponseToolCalls.model_validate({"results": answers})
    return json.dumps({"results": answers}).encode()


class Recorder(httpx.Client):
    """Keeps the JSON of the last answer, as it was on the wire."""

    last = None

    def send(self, *args, **kwargs):
        response = super().send(*args, **kwargs)
        response.read()
        self.last = response.json() if response.content else None
        return response


wire = Recorder(timeout=20)
client = vapi.Vapi(token=KEY, base_url=BASE_URL, httpx_client=wire)


def checkable(value):
    """The value without backoff plans: the SDK's model wants an object as their type, its documentation a word."""
    if isinstance(value, dict):
        return {name: checkable(inner) for name, inner in value.items() if name != "backoffPlan"}
    return [checkable(inner) for inner in value] if isinstance(value, list) else value


def valid(model):
    """The last answer as an instance of the model, checked; lists are checked item by item."""
    items = wire.last if isinstance(wire.last, list) else [wire.last]
    checked = [model.model_validate(checkable(item)) for item in items]
    return checked if isinstance(wire.last, list) else checked[0]


def refused(status, error, act):
    try:
        act()
    except ApiError as raised:
        check(raised.status_code == status, f"{raised.status_code} instead of {status}: {raised.body}")
        check(isinstance(raised, error), f"{type(raised)} instead of {error}")
        return wire.last
    raise AssertionError(f"not refused with {status}")


def customer(nth):
    return {"number": "+1415555%04d" % (300 + nth), "name": "Ann Lee", "external_id": f"attempt-{nth}"}


# The sandbox's clock runs 300 times as fast as ours; this outlasts the test, however slow the machine.
LONG = "human 12h"


def overrides(receiver, script, messages):
    return {
        "variable_values": {"sandbox": script, "name": "Ann", "business_name": "Acme Roofing"},
        "metadata": {"campaign": "c1"},
        "max_duration_seconds": 43200,
        "voicemail_detection": {"provider": "vapi"},
        "transport_configurations": [{"provider": "twilio", "timeout": 30}],
        "server": {
            "url": receiver.url,
            "headers": {"X-Token": "t"},
            "timeout_seconds": 10,
            "backoff_plan": {"type": "exponential", "max_retries": 3, "base_delay_seconds": 1},
        },
        "server_messages": messages,
    }


def dial(nth, given, **more):
    call = client.calls.create(
        assistant_id=ASSISTANT,
        phone_number_id=NUMBER,
        name=f"attempt-{nth}",
        customer=customer(nth),
        assistant_overrides=given,
        request_options=ONCE,
        **more,
    )
    check(isinstance(call, types.Call), type(call))
    return valid(types.Call)


def one_whole_call(receiver, nth, script, reason, **more):
    """Dials, takes every webhook until the end, and compares the report with the record."""
    created = dial(nth, {**overrides(receiver, script, list(MESSAGES)), **more})
    check(created.status == "queued" and created.customer.external_id == f"attempt-{nth}", created)
    check(wire.last["subscriptionLimits"]["concurrencyLimit"] == 3, wire.last)
    kinds, report = set(), None
    # Webhooks travel side by side and may overtake one another.
    while not {"status-update:ringing", "status-update:ended", "end-of-call-report:"} <= kinds:
        headers, body = receiver.bodies.get(timeout=DEADLINE_SECONDS)
        message = checkable(body["message"])
        check(list(body) == ["message"] and headers["X-Token"] == "t", headers)
        model = MESSAGES[message["type"]]
        if model is not None:
            parsed = parse_obj_as(model, message)
            check(parsed.type == message["type"], parsed.type)
            types.Call.model_validate(message["call"])
            types.CreateAssistantDto.model_validate(message["assistant"])
            types.CreateCustomerDto.model_validate(message["customer"])
        if message["call"]["id"] == created.id:
            kinds.add(message["type"] + ":" + message.get("status", ""))
            report = parsed if message["type"] == "end-of-call-report" else report
    client.calls.get(created.id)
    record = valid(types.Call)
    check(record.status == "ended" and record.ended_reason == report.ended_reason, record.ended_reason)
    check(reason in (None, record.ended_reason), record.ended_reason)
    check(record.cost == report.cost == record.cost_breakdown.total, (record.cost, report.cost))
    check(record.ended_at == report.ended_at and record.started_at == report.started_at, record.ended_at)
    check(record.analysis.summary == report.analysis.summary, record.analysis)
    check(len(record.costs) == 5 and {cost.type for cost in record.costs} >= {"vapi", "transport"}, record.costs)
    check(report.artifact.transcript == record.artifact.transcript, report.artifact)
    check(record.artifact.recording.mono.combined_url.endswith("mono.wav"), record.artifact.recording)
    return kinds


WISHES = {
    "type": "object",
    "properties": {"opt_out": {"type": "boolean"}, "callback_at": {"type": "string", "format": "date-time"}},
}
TOOL = {
    "type": "function",
    "function": {
        "name": "do_not_call",
        "parameters": {"type": "object", "properties": {"reason": {"type": "string"}}},
    },
}


def wishes(receiver):
    """People who want no more calls, or another one, in the analysis and by a tool."""
    asked = {
        "analysis_plan": {"structured_data_plan": {"enabled": True, "schema": WISHES}},
        "model": {"provider": "openai", "model": "gpt-4o", "tools": [TOOL]},
    }
    # On the fast clock, long enough for the tool's answer to come back before the talk is over.
    kinds = one_whole_call(receiver, 5, "optout 20m", None, **asked)
    check("tool-calls:" in kinds, kinds)
    record = wire.last
    check(record["analysis"]["structuredData"] == {"opt_out": True}, record["analysis"])
    messages = {message["role"]: message for message in record["artifact"]["messages"]}
    called = types.ToolCallMessage.model_validate(messages["tool_calls"])
    given = types.ToolCallResultMessage.model_validate(messages["tool_call_result"])
    tool_call = types.ToolCall.model_validate(called.tool_calls[0])
    check(tool_call.function.name == given.name == "do_not_call", called)
    check((given.tool_call_id, given.result) == (tool_call.id, "noted"), given)
    check("list" in tool_call.function.arguments or "call" in tool_call.function.arguments, tool_call)
    ledger = json.load(urllib.request.urlopen(BASE_URL + "/sandbox/ledger", timeout=20))
    (used,) = ledger["tool_calls"]
    check(used["answers"][0]["result"] == "noted" and used["id"] == tool_call.id, used)

    at = "2031-03-27T15:30:00-05:00"
    one_whole_call(receiver, 6, f"callback:{at} 60s", None, **asked)
    check(wire.last["analysis"]["structuredData"] == {"opt_out": False, "callback_at": at}, wire.last["analysis"])


def calls(receiver):
    started = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=5)
    kinds = one_whole_call(receiver, 1, "error:assistant-ended-call 60s", "assistant-ended-call")
    check({"speech-update:started", "transcript:", "conversation-update:"} <= kinds, kinds)
    one_whole_call(receiver, 2, "voicemail 20s", "voicemail")

    live = dial(3, overrides(receiver, LONG, []))
    listed = client.calls.list(phone_number_id=NUMBER, created_at_ge=started, limit=10)
    check([call.name for call in listed] == ["attempt-3", "attempt-2", "attempt-1"], listed)
    valid(types.Call)
    check(len(client.calls.list(limit=1)) == 1, "limit")
    check([call.id for call in client.calls.list(id=live.id)] == [live.id], "id")
    check(client.calls.list(created_at_lt=started) == [], "nothing was there before")
    check(client.calls.list(assistant_id=ASSISTANT, updated_at_gt=started, created_at_gt=live.created_at) == [], "gt")
    check(client.calls.update(live.id, name="renamed").name == "renamed", wire.last)
    valid(types.Call)
    request = urllib.request.Request(live.monitor.control_url, b'{"type":"end-call"}', method="POST")
    urllib.request.urlopen(request, timeout=20).close()
    check(client.calls.get(live.id).ended_reason == "manually-canceled", wire.last)
    ledger = json.load(urllib.request.urlopen(BASE_URL + "/sandbox/ledger", timeout=20))
    (command,) = ledger["controls"]
    check((command["command"], command["status"], command["provider_call_id"]) == ("end-call", 200, live.id), command)
    check(command["hung_up_at_ms"] is not None and ledger["calls_hung_up_by_control"] == 1, ledger)
    closed = dial(7, {**overrides(receiver, "busy", []), "monitor_plan": {"control_enabled": False}})
    check(closed.monitor.control_url is None and closed.monitor.listen_url, wire.last["monitor"])

    later = (started + datetime.timedelta(days=30)).isoformat()
    scheduled = dial(4, overrides(receiver, "busy", []), schedule_plan={"earliest_at": later})
    check(scheduled.status == "scheduled", scheduled)
    check(client.calls.delete(scheduled.id).id == scheduled.id, wire.last)
    valid(types.Call)
    refused(404, ApiError, lambda: client.calls.get(scheduled.id, request_options=ONCE))


def refusals(receiver):
    given = overrides(receiver, LONG, [])
    wrong = {**customer(9), "number": "415 555"}
    body = refused(
        400,
        vapi.errors.BadRequestError,
        lambda: client.calls.create(
            assistant_id=ASSISTANT, phone_number_id=NUMBER, customer=wrong, request_options=ONCE
        ),
    )
    check(body["error"] == "Bad Request" and "E.164" in body["message"][0], body)
    refused(400, vapi.errors.BadRequestError, lambda: client.calls.create(customer=customer(9), request_options=ONCE))
    unknown = {"additional_body_parameters": {"metadata": {}}, **ONCE}
    body = refused(
        400,
        vapi.errors.BadRequestError,
        lambda: client.calls.create(
            assistant_id=ASSISTANT, phone_number_id=NUMBER, customer=customer(9), request_options=unknown
        ),
    )
    check(body["message"] == ["property metadata should not exist"], body)

    # With a backoff plan in it the SDK would take the batch for a call, for the reason above.
    del given["server"]["backoff_plan"]
    batch = client.calls.create(
        assistant_id=ASSISTANT,
        phone_number_id=NUMBER,
        customers=[customer(nth) for nth in range(20, 23)] + [wrong, customer(23)],
        assistant_overrides=given,
        request_options=ONCE,
    )
    check(isinstance(batch, types.CallBatchResponse), type(batch))
    batch = valid(types.CallBatchResponse)
    check((len(batch.results), len(batch.errors)) == (3, 2), wire.last)
    check(batch.errors[1].error == "Over Concurrency Limit", wire.last)
    body = refused(400, vapi.errors.BadRequestError, lambda: dial(24, given))
    check(body["message"] == "Over Concurrency Limit", body)

    stranger = vapi.Vapi(token="wrong", base_url=BASE_URL, httpx_client=wire)
    body = refused(401, ApiError, lambda: stranger.calls.list())
    check(body["error"] == "Unauthorized", body)


def assistants():
    check([entry.id for entry in client.assistants.list(limit=2)][1] == ASSISTANT, wire.last)
    check(len(valid(types.Assistant)) == 2, wire.last)
    made = client.assistants.create(
        name="Nina",
        first_message="Hello",
        model={"provider": "openai", "model": "gpt-4o", "messages": [{"role": "system", "content": "Be brief."}]},
        voice={"provider": "11labs", "voiceId": "sarah"},
        transcriber={"provider": "deepgram", "model": "nova-2", "language": "en"},
        max_duration_seconds=300,
        request_options=ONCE,
    )
    check(valid(types.Assistant).model.model == "gpt-4o", wire.last)
    client.assistants.get(made.id)
    check(valid(types.Assistant).name == "Nina", wire.last)
    client.assistants.update(made.id, name="Nora", artifact_plan={"recordingEnabled": False})
    changed = valid(types.Assistant)
    check(changed.name == "Nora" and changed.first_message == "Hello", wire.last)
    check(changed.updated_at > changed.created_at, wire.last)
    hook = {
        "on": "customer.speech.timeout",
        "options": {"timeout_seconds": 30, "trigger_max_count": 1},
        "do": [{"type": "tool", "tool": {"type": "endCall"}}],
    }
    client.assistants.update(
        made.id,
        hooks=[hook],
        analysis_plan={"success_evaluation_plan": {"rubric": "PassFail"}, "structured_data_plan": {"enabled": True}},
        metadata={"ours": "a1"},
        request_options={"additional_body_parameters": {"firstMessage": None}, **ONCE},
    )
    changed = valid(types.Assistant)
    check(changed.hooks[0].options.timeout_seconds == 30 and changed.metadata == {"ours": "a1"}, wire.last)
    check("firstMessage" not in wire.last and changed.name == "Nora", wire.last)
    hot = {"provider": "openai", "model": "gpt-4o", "temperature": 3}
    for act in (
        lambda: client.assistants.create(model=hot, request_options=ONCE),
        lambda: client.assistants.update(made.id, model=hot, request_options=ONCE),
    ):
        body = refused(400, ApiError, act)
        check(body["message"] == ["model.temperature must not be greater than 2"], body)
    deleted = client.assistants.delete(made.id, request_options=ONCE)
    check(valid(types.Assistant).id == deleted.id == made.id, wire.last)
    refused(404, ApiError, lambda: client.assistants.get(made.id, request_options=ONCE))
    refused(404, ApiError, lambda: client.assistants.update(made.id, name="Nina", request_options=ONCE))
    refused(404, ApiError, lambda: client.assistants.delete(made.id, request_options=ONCE))
    body = refused(
        400,
        vapi.errors.BadRequestError,
        lambda: client.calls.create(
            assistant_id=made.id, phone_number_id=NUMBER, customer=customer(8), request_options=ONCE
        ),
    )
    check("Couldn't Get Assistant" in body["message"] and made.id in body["message"], body)
    ledger = json.load(urllib.request.urlopen(BASE_URL + "/sandbox/ledger", timeout=20))["assistants"]
    check((ledger["created"], ledger["changed"], ledger["deleted"]) == (1, 2, 1), ledger)


def phone_numbers():
    listed = client.phone_numbers.list()
    check([number.id for number in listed][1] == NUMBER, wire.last)
    for number in wire.last:
        types.TwilioPhoneNumber.model_validate(number)
        parse_obj_as(GetPhoneNumbersResponse, number)
    number = client.phone_numbers.get(NUMBER)
    check((number.provider, number.status) == ("twilio", "active"), wire.last)
    valid(types.TwilioPhoneNumber)
    for status in ("activating", "blocked", "active"):
        turn(NUMBER, status)
        check(client.phone_numbers.get(NUMBER).status == status, wire.last)
        valid(types.TwilioPhoneNumber)
        if status != "active":
            body = refused(
                400,
                vapi.errors.BadRequestError,
                lambda: client.calls.create(
                    assistant_id=ASSISTANT, phone_number_id=NUMBER, customer=customer(8), request_options=ONCE
                ),
            )
            check(NUMBER in body["message"], body)


def turn(number, status):
    """The sandbox's own page for the state of a number."""
    body = json.dumps({"status": status}).encode()
    address = BASE_URL + "/sandbox/phone-numbers/" + number
    urllib.request.urlopen(urllib.request.Request(address, body, method="POST"), timeout=20).close()


receiver = Receiver()
assistants()
phone_numbers()
calls(receiver)
wishes(receiver)
refusals(receiver)
print("conformant")
