// Every call of npm's ollama that a model server understands, against `examples/scripted.rs`. Argument: its address.
import { Ollama } from 'ollama'
const c = new Ollama({ host: process.argv[2] })
const assert = (x, w) => { if (!x) { console.error(w); process.exit(1) } }
let r = await c.chat({ model: 'tiny', messages: [{ role: 'user', content: 'hello' }] }); assert(r.message.content === 'You said: hello', r)
let s = ''; for await (const p of await c.chat({ model: 'tiny', messages: [{ role: 'user', content: 'hello' }], stream: true })) s += p.message.content; assert(s === 'You said: hello', s)
r = await c.chat({ model: 'tiny', messages: [{ role: 'user', content: 'tool' }], tools: [{ type: 'function', function: { name: 'weather', description: '', parameters: { type: 'object', properties: {} } } }] }); assert(r.message.tool_calls[0].function.name === 'weather', r)
r = await c.generate({ model: 'tiny', prompt: 'hi', format: 'json', keep_alive: -1 }); assert(r.response === 'You said: hi', r)
s = ''; for await (const p of await c.generate({ model: 'tiny', prompt: 'hi', stream: true })) s += p.response; assert(s === 'You said: hi', s)
r = await c.embed({ model: 'tiny', input: ['a', 'b'] }); assert(r.embeddings.length === 2, r)
r = await c.embeddings({ model: 'tiny', prompt: 'a' }); assert(r.embedding.length === 4, r)
assert((await c.list()).models[0].name === 'tiny:latest'); assert((await c.ps()).models.length === 1); assert((await c.show({ model: 'tiny' })).details.family === 'llama'); assert((await c.version()).version === '0.33.0')
try { await c.chat({ model: 'tiny', messages: [{ role: 'user', content: 'fail' }] }); assert(false, 'no error') } catch (e) { assert(e.message === 'the engine failed', e) }
try { for await (const p of await c.chat({ model: 'tiny', messages: [{ role: 'user', content: 'break' }], stream: true })); assert(false, 'no error') } catch (e) { assert(e.message === 'the engine failed', e) }
console.log('js ok')
