"""The Python clients through `connect`: `tiny` says one sentence, `noise` says anything. Argument: its address."""

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


c = ollama.Client(host=BASE, timeout=120)
options = {"temperature": 0, "seed": 1}
r = c.chat(model="tiny", messages=USER, options=options, keep_alive="5m")
check(r.message.content == SAYS and r.done_reason == "stop" and r.eval_count > 5, r)
parts = list(c.chat(model="tiny", messages=USER, options=options, stream=True))
check("".join(p.message.content or "" for p in parts) == SAYS and parts[-1].done and len(parts) > 4, parts)
check(c.generate(model="tiny", prompt="?", options=options).response == SAYS)
schema = {"type": "object", "properties": {"yes": {"type": "boolean"}}, "required": ["yes"]}
check("yes" in c.chat(model="noise", messages=USER, format=schema, options={"seed": 3}).message.content)
check(len(c.embed(model="noise", input=["a", "bb"]).embeddings) == 2)
check([m.model for m in c.list().models] == ["noise:latest", "tiny:latest"])
check(c.show("tiny").capabilities == ["completion"])
check({m.model for m in c.ps().models} == {"noise:latest", "tiny:latest"}, c.ps())
for call in (lambda: c.chat(model="none", messages=USER), lambda: c.delete("tiny")):
    try:
        call()
        raise SystemExit("an error was expected")
    except ollama.ResponseError as e:
        check(e.status_code == 404, e)

o = openai.OpenAI(base_url=BASE + "/v1", api_key="none", max_retries=0, timeout=120)
r = o.chat.completions.create(model="tiny", messages=USER, temperature=0, max_tokens=64)
check(r.choices[0].message.content == SAYS and r.usage.completion_tokens > 5, r)
parts = list(o.chat.completions.create(model="tiny", messages=USER, temperature=0, stream=True))
check("".join(p.choices[0].delta.content or "" for p in parts if p.choices) == SAYS, parts)
check(o.responses.create(model="tiny", input="?", temperature=0).output_text == SAYS)
check(sorted(m.id for m in o.models.list().data) == ["noise:latest", "tiny:latest"])

a = anthropic.Anthropic(base_url=BASE, api_key="none", max_retries=0, timeout=120)
body = {"model": "tiny", "max_tokens": 64, "messages": USER, "extra_body": {"temperature": 0}}
check(a.messages.create(**body).content[0].text == SAYS)
with a.messages.stream(**body) as stream:
    check("".join(stream.text_stream) == SAYS)
print("all calls")
