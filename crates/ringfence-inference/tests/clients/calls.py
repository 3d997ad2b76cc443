"""Every call of the Python clients that a model server understands, against `examples/scripted.rs`. Argument: its address."""

import json
import sys

base = sys.argv[1]
import ollama, openai, anthropic

ok = 0


def check(cond, what=""):
    global ok
    assert cond, what
    ok += 1


# ---- ollama
c = ollama.Client(host=base)
r = c.chat(model="tiny", messages=[{"role": "user", "content": "hello Köln"}])
check(r.message.content == "You said: hello Köln", r)
check(r.done and r.done_reason == "stop" and r.eval_count > 0 and r.prompt_eval_count == 7 and r.total_duration == 5_000_000)
parts = list(c.chat(model="tiny", messages=[{"role": "user", "content": "hello Köln"}], stream=True))
check("".join(p.message.content or "" for p in parts) == "You said: hello Köln")
check(parts[-1].done and len(parts) > 3)


def weather(city: str, days: int = 1) -> str:
    """Weather.

    Args:
      city: where
      days: how long
    """
    return ""


for s in (False, True):
    r = c.chat(model="tiny", messages=[{"role": "user", "content": "tool"}], tools=[weather], stream=s)
    r = list(r) if s else [r]
    calls = [t for p in r for t in (p.message.tool_calls or [])]
    check(len(calls) == 1 and calls[0].function.name == "weather" and calls[0].function.arguments == {"city": "Köln", "days": 3}, r)
    check("".join(p.message.content or "" for p in r) == "Let me see.")
    r = c.chat(model="tiny", messages=[{"role": "user", "content": "think"}], think=True, stream=s)
    r = list(r) if s else [r]
    check("".join(p.message.thinking or "" for p in r) == "hm hm")
    check("".join(p.message.content or "" for p in r) == "Well.")
r = c.chat(
    model="tiny",
    messages=[
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "weather", "arguments": {"city": "B"}}}]},
        {"role": "tool", "content": "rain", "tool_name": "weather"},
        {"role": "user", "content": "so?"},
    ],
    options={"temperature": 0, "seed": 1, "num_ctx": 2048, "stop": ["zz"]},
    keep_alive="5m",
    format={"type": "object", "properties": {"a": {"type": "string"}}},
)
check(r.message.content == "You said: so?")
r = c.chat(model="tiny", messages=[{"role": "user", "content": "abc STOP def"}], options={"stop": ["STOP"]})
check(r.message.content == "You said: abc ", r)
r = c.chat(model="tiny", messages=[{"role": "user", "content": "hi"}], logprobs=True, top_logprobs=2)
check(len(r.logprobs) > 1 and len(r.logprobs[0].top_logprobs) == 2, r)
r = c.generate(model="tiny", prompt="hi", system="be", options=ollama.Options(temperature=0))
check(r.response == "You said: hi", r)
r = c.generate(model="tiny", prompt="hi", raw=True)
check(r.response == "You said: hi|")
r = c.generate(model="tiny", prompt="def f(", suffix="return")
check(r.response == "You said: def f(|return")
check("".join(p.response for p in c.generate(model="tiny", prompt="hi", stream=True)) == "You said: hi")
check(c.generate(model="tiny", prompt="").done_reason == "load")
check(c.generate(model="tiny", prompt="", keep_alive=0).done_reason == "unload")
r = c.embed(model="tiny", input=["a", "bb"])
check(len(r.embeddings) == 2 and r.embeddings[1][0] == 2.0, r)
r = c.embed(model="tiny", input="a", dimensions=2)
check(len(r.embeddings[0]) == 2)
r = c.embeddings(model="tiny", prompt="abc")
check(r.embedding[0] == 3.0)
check(c.list().models[0].model == "tiny:latest")
check(c.ps().models[0].context_length == 4096)
check(c.show("tiny").capabilities == ["completion", "tools"])
for s in (False, True):
    try:
        list(c.chat(model="tiny", messages=[{"role": "user", "content": "fail"}], stream=s))
        check(False)
    except ollama.ResponseError as e:
        check(e.status_code == 500 and e.error == "the engine failed", e)
try:
    list(c.chat(model="tiny", messages=[{"role": "user", "content": "break"}], stream=True))
    check(False)
except ollama.ResponseError as e:
    check(e.error == "the engine failed", e)
try:
    c.chat(model="../x", messages=[])
    check(False)
except ollama.ResponseError as e:
    check(e.status_code == 400 and "model" in e.error, e)
# ---- openai
o = openai.OpenAI(base_url=base + "/v1", api_key="x", max_retries=0)
M = [{"role": "user", "content": "hello"}]
r = o.chat.completions.create(model="tiny", messages=M, seed=1, temperature=0, stop="zz", max_tokens=10, user="me")
check(r.choices[0].message.content == "You said: hello" and r.choices[0].finish_reason == "stop" and r.usage.total_tokens > 7, r)
chunks = list(
    o.chat.completions.create(
        model="tiny",
        messages=[{"role": "system", "content": "s"}, {"role": "user", "content": [{"type": "text", "text": "hello"}]}],
        stream=True,
        stream_options={"include_usage": True},
    )
)
check("".join(x.choices[0].delta.content or "" for x in chunks if x.choices) == "You said: hello")
check(chunks[-1].usage.prompt_tokens == 7 and chunks[-2].choices[0].finish_reason == "stop")
T = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "d",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
]
r = o.chat.completions.create(
    model="tiny", messages=[{"role": "user", "content": "tool"}], tools=T, tool_choice="auto", parallel_tool_calls=True
)
check(
    r.choices[0].finish_reason == "tool_calls"
    and json.loads(r.choices[0].message.tool_calls[0].function.arguments) == {"city": "Köln", "days": 3},
    r,
)
call = r.choices[0].message
r = o.chat.completions.create(
    model="tiny",
    messages=[
        {"role": "user", "content": "tool"},
        call,
        {"role": "tool", "tool_call_id": call.tool_calls[0].id, "content": "rain"},
        {"role": "user", "content": "ok"},
    ],
    tools=T,
)
check(r.choices[0].message.content == "You said: ok")
with o.chat.completions.stream(
    model="tiny",
    messages=[{"role": "user", "content": "tool"}],
    tools=[
        {
            **T[0],
            "function": {
                **T[0]["function"],
                "strict": True,
                "parameters": {**T[0]["function"]["parameters"], "additionalProperties": False},
            },
        }
    ],
) as st:
    for ev in st:
        pass
    f = st.get_final_completion()
check(f.choices[0].message.tool_calls[0].function.name == "weather")
from pydantic import BaseModel


class P(BaseModel):
    name: str
    age: int
    tags: list[str]


try:
    o.chat.completions.parse(model="tiny", messages=M, response_format=P)
except Exception as e:
    check("ValidationError" in type(e).__name__, repr(e))
r = o.chat.completions.create(model="tiny", messages=M, logprobs=True, top_logprobs=3)
check(len(r.choices[0].logprobs.content[0].top_logprobs) == 3)
r = o.chat.completions.create(model="tiny", messages=[{"role": "user", "content": "think"}], reasoning_effort="low")
check(r.choices[0].message.content == "Well." and r.choices[0].message.reasoning == "hm hm")
r = o.completions.create(model="tiny", prompt="hello", logprobs=2)
check(r.choices[0].text == "You said: hello" and r.choices[0].logprobs.tokens[0] == "You s", r)
check("".join(x.choices[0].text for x in o.completions.create(model="tiny", prompt=["hello"], stream=True)) == "You said: hello")
r = o.embeddings.create(model="tiny", input=["a", "bb"])
check(r.data[1].embedding[0] == 2.0 and r.data[1].embedding[1] == 2.125, r)
r = o.embeddings.create(model="tiny", input="abc", encoding_format="float", dimensions=3)
check(r.data[0].embedding == [3.0, 3.125, 3.25])
check(o.models.list().data[0].id == "tiny:latest")
check(o.models.retrieve("tiny").id == "tiny")
for kw, text in (({"messages": [{"role": "user", "content": "fail"}]}, "engine failed"),):
    for s in (False, True):
        try:
            list(o.chat.completions.create(model="tiny", stream=s, **kw))
            check(False)
        except openai.InternalServerError as e:
            check("the engine failed" in str(e), e)
try:
    list(o.chat.completions.create(model="tiny", messages=[{"role": "user", "content": "break"}], stream=True))
    check(False)
except openai.APIError as e:
    check("the engine failed" in str(e), e)
try:
    o.chat.completions.create(model="tiny", messages=M, n=2)
    check(False)
except openai.BadRequestError as e:
    check(e.body["param"] == "n", e.body)
try:
    o.models.retrieve("none")
    check(False)
except openai.NotFoundError as e:
    check(True)
# responses
r = o.responses.create(model="tiny", input="hello", instructions="be brief")
check(r.output_text == "You said: hello" and r.status == "completed", r)
r = o.responses.create(
    model="tiny",
    input=[{"role": "user", "content": "tool"}],
    tools=[{"type": "function", "name": "weather", "parameters": T[0]["function"]["parameters"], "strict": False}],
)
fc = [i for i in r.output if i.type == "function_call"][0]
check(json.loads(fc.arguments)["city"] == "Köln")
r = o.responses.create(
    model="tiny",
    input=[{"role": "user", "content": "tool"}]
    + r.output
    + [
        {"type": "function_call_output", "call_id": fc.call_id, "output": "rain"},
        {"role": "user", "content": [{"type": "input_text", "text": "ok"}]},
    ],
)
check(r.output_text == "You said: ok", r)
with o.responses.stream(model="tiny", input="think", reasoning={"effort": "low"}) as st:
    kinds = [e.type for e in st]
    f = st.get_final_response()
check(f.output_text == "Well." and f.output[0].type == "reasoning" and f.output[0].summary[0].text == "hm hm", f)
check(kinds[0] == "response.created" and kinds[-1] == "response.completed", kinds)
with o.responses.stream(
    model="tiny",
    input="tool",
    tools=[
        {
            "type": "function",
            "name": "weather",
            "parameters": {**T[0]["function"]["parameters"], "additionalProperties": False},
            "strict": True,
        }
    ],
) as st:
    for e in st:
        pass
    f = st.get_final_response()
check([i.type for i in f.output] == ["message", "function_call"], f)
evs = list(o.responses.create(model="tiny", input="break", stream=True))
check(evs[-1].type == "response.failed" and evs[-1].response.error.message == "the engine failed")
# ---- anthropic
a = anthropic.Anthropic(base_url=base, api_key="x", max_retries=0)
r = a.messages.create(
    model="tiny",
    max_tokens=100,
    messages=M,
    system="be",
    stop_sequences=["zz"],
    extra_body={"temperature": 0, "top_k": 5},
    metadata={"user_id": "u"},
)
check(r.content[0].text == "You said: hello" and r.stop_reason == "end_turn" and r.usage.input_tokens == 7, r)
with a.messages.stream(
    model="tiny", max_tokens=100, messages=M, system=[{"type": "text", "text": "be", "cache_control": {"type": "ephemeral"}}]
) as st:
    check("".join(st.text_stream) == "You said: hello")
    f = st.get_final_message()
check(f.stop_reason == "end_turn" and f.usage.output_tokens > 0 and f.usage.input_tokens == 7, f)
AT = [{"name": "weather", "description": "d", "input_schema": T[0]["function"]["parameters"]}]
r = a.messages.create(
    model="tiny", max_tokens=100, messages=[{"role": "user", "content": "tool"}], tools=AT, tool_choice={"type": "auto"}
)
tu = r.content[1]
check(r.stop_reason == "tool_use" and tu.input == {"city": "Köln", "days": 3} and tu.id.startswith("toolu_"), r)
with a.messages.stream(model="tiny", max_tokens=100, messages=[{"role": "user", "content": "tool"}], tools=AT) as st:
    for e in st:
        pass
    f = st.get_final_message()
check(f.content[1].input == {"city": "Köln", "days": 3} and f.content[0].text == "Let me see.", f)
r2 = a.messages.create(
    model="tiny",
    max_tokens=100,
    messages=[
        {"role": "user", "content": "tool"},
        {"role": "assistant", "content": r.content},
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": tu.id, "content": [{"type": "text", "text": "rain"}]},
                {"type": "text", "text": "ok"},
            ],
        },
    ],
    tools=AT,
)
check(r2.content[0].text == "You said: ok", r2)
with a.messages.stream(
    model="tiny",
    max_tokens=2000,
    messages=[{"role": "user", "content": "think"}],
    thinking={"type": "enabled", "budget_tokens": 1024},
) as st:
    for e in st:
        pass
    f = st.get_final_message()
check(f.content[0].type == "thinking" and f.content[0].thinking == "hm hm" and f.content[1].text == "Well.", f)
r = a.messages.create(model="tiny", max_tokens=100, messages=[{"role": "user", "content": "abc STOP x"}], stop_sequences=["STOP"])
check(r.stop_reason == "stop_sequence" and r.stop_sequence == "STOP" and r.content[0].text == "You said: abc ")
try:
    a.messages.create(model="tiny", max_tokens=9, messages=[{"role": "user", "content": "fail"}])
    check(False)
except anthropic.InternalServerError as e:
    check(e.body["error"]["type"] == "api_error", e.body)
try:
    list(a.messages.create(model="tiny", max_tokens=9, messages=[{"role": "user", "content": "break"}], stream=True))
    check(False)
except anthropic.APIStatusError as e:
    check("the engine failed" in str(e), e)
try:
    a.messages.create(
        model="tiny",
        max_tokens=9,
        messages=[
            {"role": "user", "content": [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": ""}}]}
        ],
    )
    check(False)
except anthropic.BadRequestError as e:
    check("messages[0].content[0].type" in str(e), e)
print("ok", ok)
