"""Gives every configuration of an exported file to the models of the provider's official SDK (vapi_server_sdk).

The models let unknown fields pass, so those are looked for by hand: the provider refuses them. Argument: the file.
Prints "conformant" as its last line when all went well.
"""

import json
import sys

from pydantic import BaseModel
from vapi import types
from vapi.core.pydantic_utilities import parse_obj_as


def unknown(value, path):
    """The fields that no model knows, as paths."""
    if isinstance(value, BaseModel):
        for name in value.model_extra or {}:
            yield f"{path}.{name}"
        for name in type(value).model_fields:
            yield from unknown(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from unknown(item, f"{path}[{index}]")


def faults(config):
    try:
        return list(unknown(parse_obj_as(types.CreateAssistantDto, config), "config"))
    except Exception as error:  # pydantic's own list of what is wrong
        return [str(error)]


with open(sys.argv[1], encoding="utf-8") as file:
    exported = json.load(file)["assistants"]
for entry in exported:
    found = faults(entry["config"])
    assert not found, f"{entry['name']}: {found}"
# A judge that accepts everything proves nothing.
for wrong in ({"model": "gpt-4"}, {"silenceTimeoutSeconds": 30}, {"voice": {"provider": "11labs"}}):
    assert faults(wrong), f"{wrong} should not pass"
print(len(exported), "conformant")
