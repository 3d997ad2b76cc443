// npm's ollama against a server with two models: `tiny` says one sentence, `noise` says anything. Argument: its address.
import { Ollama } from 'ollama'

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
console.log('all calls')
