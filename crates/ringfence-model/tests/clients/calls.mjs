// npm's ollama and openai against a server with two models: `tiny` says one sentence, `noise` says anything.
// Arguments: its address, the name of a model that it may pull.
import { Ollama } from 'ollama'
import OpenAI from 'openai'

const c = new Ollama({ host: process.argv[2] })
const SAYS = 'This text was produced by a tiny local model inside the sealed runner.'
const check = (condition, what) => {
  if (!condition) { console.error('not as expected:', JSON.stringify(what)); process.exit(1) }
}
const messages = [{ role: 'user', content: 'Who are you?' }]
const options = { temperature: 0 }

let r = await c.chat({ model: 'tiny', messages, options })
check(r.message.content === SAYS && r.done_reason === 'stop', r)
let said = ''
for await (const part of await c.chat({ model: 'tiny', messages, options, stream: true })) said += part.message.content
check(said === SAYS, said)
r = await c.generate({ model: 'tiny', prompt: '?', options })
check(r.response === SAYS, r)
said = ''
for await (const part of await c.generate({ model: 'tiny', prompt: '?', options, stream: true })) said += part.response
check(said === SAYS, said)
check((await c.embed({ model: 'noise', input: ['a', 'b'] })).embeddings.length === 2)
check((await c.embeddings({ model: 'noise', prompt: 'a' })).embedding.length > 8)
check((await c.list()).models.length === 2)
check((await c.ps()).models.length === 2)
check((await c.show({ model: 'tiny' })).details.family === 'llama')
check(typeof (await c.version()).version === 'string')
check((await c.copy({ source: 'tiny', destination: 'other' })).status === 'success')
check((await c.delete({ model: 'other' })).status === 'success')
try {
  await c.chat({ model: 'other', messages })
  check(false, 'no error')
} catch (error) {
  check(error.status_code === 404, error)
}
// Aborting takes the question back; the next one is answered.
for await (const part of await c.generate({ model: 'noise', prompt: '?', stream: true })) { c.abort(); break }
check((await c.chat({ model: 'tiny', messages, options })).message.content === SAYS)
check((await c.generate({ model: 'tiny', prompt: '', keep_alive: 0 })).done_reason === 'unload')
const schema = { type: 'object', properties: { yes: { type: 'boolean' } }, required: ['yes'] }
r = await c.chat({ model: 'noise', messages, format: schema, options: { seed: 3 } })
check(typeof JSON.parse(r.message.content).yes === 'boolean', r)
const far = process.argv[3]
check((await c.pull({ model: far })).status === 'success')
const steps = []
for await (const step of await c.pull({ model: far, stream: true })) steps.push(step.status)
check(steps[0] === 'pulling manifest' && steps.at(-1) === 'success', steps)
check((await c.chat({ model: far, messages, options })).message.content === 'Pulled models come from far away')
check((await c.create({ model: 'second', from: 'tiny', system: 'Be brief.' })).status === 'success')
steps.length = 0
for await (const step of await c.create({ model: 'second', from: 'tiny', stream: true })) steps.push(step.status)
check(steps.at(-1) === 'success', steps)
check((await c.show({ model: 'second' })).details.format === 'gguf')
const refused = async (call, status) => {
  try { await call() } catch (error) { return check((error.status_code ?? error.status) === status, error.message) }
  check(false, 'no error')
}
await refused(() => c.push({ model: 'tiny' }), 403)
await refused(() => c.pull({ model: '127.0.0.1:9/a/b' }), 403)
await refused(() => c.create({ model: 'x', from: 'tiny', quantize: 'q4_0' }), 400)
await refused(() => c.show({ model: '../x' }), 400)
for (const model of [far, 'second']) check((await c.delete({ model })).status === 'success')

const o = new OpenAI({ baseURL: process.argv[2] + '/v1', apiKey: 'none', maxRetries: 0 })
r = await o.chat.completions.create({ model: 'tiny', messages, temperature: 0 })
check(r.choices[0].message.content === SAYS && r.choices[0].finish_reason === 'stop', r)
said = ''
for await (const part of await o.chat.completions.create({ model: 'tiny', messages, temperature: 0, stream: true, stream_options: { include_usage: true } })) {
  said += part.choices[0]?.delta?.content ?? ''
}
check(said === SAYS, said)
r = await o.chat.completions.create({ model: 'tiny', messages, temperature: 0, max_tokens: 3, logprobs: true, top_logprobs: 2 })
check(r.choices[0].finish_reason === 'length' && r.choices[0].logprobs.content[0].top_logprobs.length === 2, r)
r = await o.completions.create({ model: 'tiny', prompt: '?', temperature: 0, max_tokens: 64 })
check(r.choices[0].text === SAYS, r)
said = ''
for await (const part of await o.completions.create({ model: 'tiny', prompt: '?', temperature: 0, max_tokens: 64, stream: true })) said += part.choices[0]?.text ?? ''
check(said === SAYS, said)
r = await o.embeddings.create({ model: 'noise', input: ['a', 'b'] })
check(r.data.length === 2 && r.data[0].embedding.length === 128, r.data?.[0]?.embedding?.length)
const names = []
for await (const model of o.models.list()) names.push(model.id)
check(names.join() === 'noise:latest,tiny:latest', names)
check((await o.models.retrieve('tiny')).id === 'tiny')
r = await o.responses.create({ model: 'tiny', input: '?', temperature: 0 })
check(r.output_text === SAYS && r.status === 'completed', r)
const kinds = []
for await (const event of await o.responses.create({ model: 'tiny', input: '?', temperature: 0, stream: true })) kinds.push(event.type)
check(kinds[0] === 'response.created' && kinds.at(-1) === 'response.completed', kinds)
await refused(() => o.chat.completions.create({ model: 'none', messages }), 404)
await refused(() => o.models.retrieve('none'), 404)
await refused(() => o.chat.completions.create({ model: 'tiny', messages, n: 2 }), 400)
console.log('all calls')
