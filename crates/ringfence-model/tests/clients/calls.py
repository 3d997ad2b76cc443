"""The Python clients against a server with two models: `tiny` says one sentence, `noise` says anything. Argument: its address."""

import sys

import anthropic
import ollama
import openai

BASE = sys.argv[1]
SAYS = "This text was produced by a tiny local model inside the sealed runner."
USER = [{"role": "user", "content": "Who are you?"}]


def check(condition, what=""):
    if not condition:
        raise SystemExit(f"not as expected: {what!r}")


def refused(error, call, status=None):
    try:
        call()
    except error as e:
        check(status is None or e.status_code == status, e)
        return e
    raise SystemExit(f"{error.__name__} was expected")


def with_ollama():
    c = ollama.Client(host=BASE, timeout=60)
    options = {"temperature": 0, "seed": 1}
    r = c.chat(model="tiny", messages=USER, options=options, keep_alive="5m")
    check(r.message.content == SAYS and r.done_reason == "stop" and r.eval_count > 5, r)
    parts = list(c.chat(model="tiny", messages=USER, options=options, stream=True))
    check("".join(p.message.content or "" for p in parts) == SAYS and parts[-1].done and len(parts) > 4, parts)
    check(c.generate(model="tiny", prompt="?", options=options).response == SAYS)
    check("".join(p.response for p in c.generate(model="tiny", prompt="?", raw=True, options=options, stream=True)) == SAYS)
    word = SAYS.split(" ")[3]
    r = c.chat(model="tiny", messages=USER, options={"temperature": 0, "stop": [word]})
    check(r.message.content == SAYS.split(word)[0], r)
    r = c.chat(model="tiny", messages=USER, options=options, logprobs=True, top_logprobs=2)
    check(len(r.logprobs) > 5 and len(r.logprobs[0].top_logprobs) == 2, r)
    schema = {"type": "object", "properties": {"yes": {"type": "boolean"}}, "required": ["yes"]}
    r = c.chat(model="noise", messages=USER, format=schema, options={"seed": 3})
    import json
    check(json.loads(r.message.content)["yes"] in (True, False), r)
    one, two = [c.generate(model="noise", prompt="?", options={"seed": 7, "num_predict": 20}).response for _ in range(2)]
    check(one == two and one, (one, two))
    r = c.embed(model="noise", input=["a", "bb"])
    check(len(r.embeddings) == 2 and abs(sum(x * x for x in r.embeddings[1]) - 1) < 1e-3, r)
    check(len(c.embed(model="noise", input="a", dimensions=4).embeddings[0]) == 4)
    check(len(c.embeddings(model="noise", prompt="a").embedding) > 8)
    check([m.model for m in c.list().models] == ["noise:latest", "tiny:latest"])
    check({m.model for m in c.ps().models} == {"noise:latest", "tiny:latest"}, c.ps())
    check(c.show("tiny").capabilities == ["completion"] and c.show("tiny").details.family == "llama")
    check(c.generate(model="tiny", prompt="").done_reason == "load")
    check(c.generate(model="tiny", prompt="", keep_alive=0).done_reason == "unload")
    check([m.model for m in c.ps().models] == ["noise:latest"], c.ps())
    check(c.copy("tiny", "mine/other").status == "success")
    check(c.chat(model="mine/other", messages=USER, options=options).message.content == SAYS)
    check(c.delete("mine/other").status == "success")
    refused(ollama.ResponseError, lambda: c.chat(model="mine/other", messages=USER), 404)
    refused(ollama.ResponseError, lambda: c.delete("mine/other"), 404)
    refused(ollama.ResponseError, lambda: c.show("../x"), 400)
    refused(ollama.ResponseError, lambda: list(c.chat(model="none", messages=USER, stream=True)), 404)


def with_openai():
    o = openai.OpenAI(base_url=BASE + "/v1", api_key="none", max_retries=0, timeout=60)
    chat = o.chat.completions.create
    r = chat(model="tiny", messages=USER, temperature=0, max_tokens=64)
    check(r.choices[0].message.content == SAYS and r.choices[0].finish_reason == "stop" and r.usage.completion_tokens > 5, r)
    parts = list(chat(model="tiny", messages=USER, temperature=0, stream=True, stream_options={"include_usage": True}))
    check("".join(p.choices[0].delta.content or "" for p in parts if p.choices) == SAYS and parts[-1].usage.total_tokens > 5, parts)
    r = chat(model="tiny", messages=USER, temperature=0, max_tokens=3)
    check(r.choices[0].finish_reason == "length" and SAYS.startswith(r.choices[0].message.content), r)
    r = chat(model="tiny", messages=USER, temperature=0, logprobs=True, top_logprobs=3)
    check(len(r.choices[0].logprobs.content[0].top_logprobs) == 3, r)
    r = o.completions.create(model="tiny", prompt="?", temperature=0, max_tokens=64)
    check(r.choices[0].text == SAYS, r)
    check("".join(p.choices[0].text for p in o.completions.create(model="tiny", prompt="?", temperature=0, max_tokens=64, stream=True)) == SAYS)
    check(len(o.embeddings.create(model="noise", input=["a", "b"]).data) == 2)
    check(sorted(m.id for m in o.models.list().data) == ["noise:latest", "tiny:latest"])
    check(o.models.retrieve("tiny").id == "tiny")
    r = o.responses.create(model="tiny", input="?", temperature=0)
    check(r.output_text == SAYS and r.status == "completed", r)
    with o.responses.stream(model="tiny", input="?", temperature=0) as stream:
        kinds = [e.type for e in stream]
        check(stream.get_final_response().output_text == SAYS and kinds[-1] == "response.completed", kinds)
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}
    e = refused(openai.BadRequestError, lambda: chat(model="tiny", messages=USER, tools=[tool]), 400)
    check("does not support tools" in str(e), e)
    refused(openai.NotFoundError, lambda: chat(model="none", messages=USER), 404)
    refused(openai.NotFoundError, lambda: o.models.retrieve("none"), 404)
    check(refused(openai.BadRequestError, lambda: chat(model="tiny", messages=USER, n=2)).body["param"] == "n")


def with_anthropic():
    a = anthropic.Anthropic(base_url=BASE, api_key="none", max_retries=0, timeout=60)
    body = {"model": "tiny", "max_tokens": 64, "messages": USER, "extra_body": {"temperature": 0}}
    r = a.messages.create(**body)
    check(r.content[0].text == SAYS and r.stop_reason == "end_turn" and r.usage.output_tokens > 5, r)
    with a.messages.stream(**body) as stream:
        check("".join(stream.text_stream) == SAYS)
        check(stream.get_final_message().stop_reason == "end_turn")
    r = a.messages.create(**{**body, "max_tokens": 3})
    check(r.stop_reason == "max_tokens", r)
    refused(anthropic.NotFoundError, lambda: a.messages.create(**{**body, "model": "none"}), 404)


with_ollama()
with_openai()
with_anthropic()
print("all calls")
