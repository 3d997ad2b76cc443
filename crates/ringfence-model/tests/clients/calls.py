"""The Python clients against a server with two models: `tiny` says one sentence, `noise` says anything.

Arguments: its address, the name of a model that it may pull, a file of a model to upload.
"""

import asyncio
import sys

import anthropic
import ollama
import openai

BASE, FAR, FILE = sys.argv[1:4]
PULLED = "Pulled models come from far away"
UPLOADED = "Uploaded files speak for themselves"
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


def ollama_changes():
    c = ollama.Client(host=BASE, timeout=60)
    options = {"temperature": 0}

    def says(model):
        return c.chat(model=model, messages=USER, options=options).message.content

    digest = c.create_blob(FILE)
    check(digest.startswith("sha256:"), digest)
    r = c.create(model="mine/up", files={"up.gguf": digest}, system="Be brief.", license=["one", "two"], parameters={"temperature": 0})
    check(r.status == "success" and says("mine/up") == UPLOADED, r)
    shown = c.show("mine/up")
    check(shown.modelinfo["general.architecture"] == "llama" and "Be brief." in shown.modelfile and shown.license == "one\ntwo", shown)
    word = UPLOADED.split(" ")[2]
    steps = list(
        c.create(
            model="stopped",
            from_="mine/up",
            template="{{ messages[0].content }}",
            parameters={"stop": [word]},
            messages=[{"role": "user", "content": "hello"}],
            stream=True,
        )
    )
    check([s.status for s in steps][-2:] == ["writing manifest", "success"], steps)
    check(says("stopped") == UPLOADED.split(word)[0])
    check(c.show("stopped").template == "{{ messages[0].content }}")
    e = refused(ollama.ResponseError, lambda: c.create(model="x", from_="tiny", quantize="q4_0"), 400)
    check("quantize" in e.error, e)
    e = refused(ollama.ResponseError, lambda: c.create(model="x", from_="tiny", template="{{ .Prompt }}"), 400)
    check("Go" in e.error, e)
    refused(ollama.ResponseError, lambda: c.create(model="x", from_="none"), 404)
    refused(ollama.ResponseError, lambda: list(c.create(model="../x", from_="tiny", stream=True)), 400)
    check(c.pull(FAR).status == "success" and says(FAR) == PULLED)
    steps = list(c.pull(FAR, stream=True))
    check(steps[0].status == "pulling manifest" and steps[-1].status == "success", steps)
    refused(ollama.ResponseError, lambda: c.pull("127.0.0.1:9/a/b"), 403)
    refused(ollama.ResponseError, lambda: list(c.pull("127.0.0.1:9/a/b", stream=True)), 403)
    refused(ollama.ResponseError, lambda: c.pull(FAR, insecure=True), 400)
    for stream in (False, True):
        e = refused(ollama.ResponseError, lambda: list(c.push("tiny", stream=stream)), 403)
        check("push is not supported" in e.error, e)
    for name in ("mine/up", "stopped", FAR):
        check(c.delete(name).status == "success")
    check([m.model for m in c.list().models] == ["noise:latest", "tiny:latest"])
    check({"completion"} == set(c.show("noise").capabilities))


async def ollama_async():
    c = ollama.AsyncClient(host=BASE, timeout=60)
    r = await c.chat(model="tiny", messages=USER, options={"temperature": 0})
    check(r.message.content == SAYS, r)
    said = ""
    async for part in await c.generate(model="tiny", prompt="?", options={"temperature": 0}, stream=True):
        said += part.response
    check(said == SAYS, said)
    digest = await c.create_blob(FILE)
    check((await c.create(model="later", files={"x": digest})).status == "success")
    check((await c.delete("later")).status == "success")


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
    counted = a.messages.count_tokens(model="tiny", messages=USER, system="Be brief.")
    r = a.messages.create(**body, system="Be brief.")
    check(counted.input_tokens == r.usage.input_tokens + r.usage.cache_read_input_tokens > 5, (counted, r))
    refused(anthropic.NotFoundError, lambda: a.messages.count_tokens(model="none", messages=USER), 404)
    r = a.messages.create(**{**body, "max_tokens": 3})
    check(r.stop_reason == "max_tokens", r)
    refused(anthropic.NotFoundError, lambda: a.messages.create(**{**body, "model": "none"}), 404)


with_ollama()
ollama_changes()
asyncio.run(ollama_async())
with_openai()
with_anthropic()
print("all calls")
