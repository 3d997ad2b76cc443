// Runs the cells of a `ringfence repl` session in one context. The protocol is that of driver.py, which describes it.
'use strict';

const fs = require('fs');
const net = require('net');
const util = require('util');
const vm = require('vm');
const repl = require('repl');
const { Duplex } = require('stream');

const PROTOCOL = 1;
const CHUNK = 3900; // with the marker and the header below PIPE_BUF (4096)
const TEXT = 1 << 20; // characters of one textual representation
const BINARY = 8 << 20; // bytes of one binary representation
const SETTLE = 50; // milliseconds to wait for an interrupt that is on its way

const write = fs.writeSync;
const stringify = JSON.stringify;
const state = { cell: 0, running: false, seen: 0, reported: 0, reject: null, marker: null };

// ---- the wire -------------------------------------------------------------------------------------------------------

function writeAll(fd, data) {
  let at = 0;
  while (at < data.length) {
    try {
      at += write(fd, data, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1); // somebody made our pipe non-blocking
    }
  }
}

function send(fd, message) {
  const data = Buffer.from(stringify(message), 'utf8');
  for (let at = 0; at < data.length; at += CHUNK) {
    const part = data.subarray(at, at + CHUNK);
    const last = at + CHUNK >= data.length ? '.' : '+';
    const head = Buffer.from(last + part.length.toString(16).padStart(4, '0'));
    writeAll(fd, Buffer.concat([state.marker, head, part]));
  }
}

// What the code prints is written at once: the order of output and answers is that of the pipe. And without the queue of a
// stream: an interrupt may end a write anywhere, and the queue would then wait for its end for ever, with all later output.
for (const [name, fd] of [['stdout', 1], ['stderr', 2]]) {
  process[name].write = (chunk, encoding, done) => {
    if (typeof encoding === 'function') [encoding, done] = [undefined, encoding];
    writeAll(fd, typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk);
    if (typeof done === 'function') process.nextTick(done);
    return true;
  };
}

// Descriptor 0 carries the requests; the code finds an empty one in its place. (It can get at the real one, and then keeps
// its own session waiting.)
const isInput = (file) => file === 0 || file === '/dev/stdin';
for (const [name, empty] of [
  ['readFileSync', (file, options) => (options && (options.encoding || typeof options === 'string') ? '' : Buffer.alloc(0))],
  ['readSync', () => 0],
  ['read', (...given) => { const done = given.pop(); process.nextTick(done, null, 0, given[1]); }],
]) {
  const real = fs[name];
  fs[name] = (file, ...given) => (isInput(file) ? empty(file, ...given) : real.call(fs, file, ...given));
}

// ---- values ---------------------------------------------------------------------------------------------------------

function clean(text) {
  text = String(text).replace(/\p{Surrogate}/gu, '\ufffd'); // halves of characters, which no UTF-8 holds
  return text.length > TEXT ? text.slice(0, TEXT) + `\n[truncated: ${text.length} characters in all]` : text;
}

const METHODS = {
  toHtml: 'text/html', toMarkdown: 'text/markdown', toSvg: 'image/svg+xml', toPng: 'image/png', toJpeg: 'image/jpeg',
};

// The representations of a value by MIME type: `Symbol.for('Jupyter.display')` as Deno has it, `toHtml()` and its like, text.
async function bundle(value) {
  const data = { 'text/plain': clean(util.inspect(value)) };
  const take = (kind, made) => {
    if (made === undefined || made === null) return;
    if (made instanceof Uint8Array) {
      if (made.length > BINARY) data['text/plain'] += `\n[${kind} of ${made.length} bytes left out: more than ${BINARY}]`;
      else data[kind] = Buffer.from(made).toString('base64');
    } else data[kind] = clean(typeof made === 'string' ? made : stringify(made));
  };
  if (value !== null && typeof value === 'object') {
    try {
      const display = value[Symbol.for('Jupyter.display')];
      if (typeof display === 'function') {
        for (const [kind, made] of Object.entries(await display.call(value))) take(kind, made);
      }
      for (const [method, kind] of Object.entries(METHODS)) {
        if (!(kind in data) && typeof value[method] === 'function') take(kind, await value[method]());
      }
    } catch { /* the text stands for it */ }
  }
  return data;
}

// ---- cells ----------------------------------------------------------------------------------------------------------

const nowhere = new Duplex({ read() {}, write(chunk, encoding, done) { done(); } });
// Node's own: it understands `await` at the top, and keeps `const` and `let` from cell to cell.
const server = repl.start({ prompt: '', input: nowhere, output: nowhere, terminal: false, useGlobal: false });
// It tells of an exception either to the callback or to its domain, by version.
if (server._domain) {
  server._domain.removeAllListeners('error');
  server._domain.on('error', (error) => {
    if (state.running && state.reject) state.reject(error);
    else process.stderr.write(failure(error).traceback);
  });
}
server.context.console = console;
server.context.display = async (...values) => {
  for (const value of values) send(1, { display: { cell: state.cell, data: await bundle(value) } });
};
for (const name of ['process', 'Buffer', 'URL', 'fetch']) {
  if (!(name in server.context) && name in globalThis) server.context[name] = globalThis[name];
}

// Only what a script runs can be broken off by a signal; so the evaluation is called from one.
const start = Symbol.for('ringfence.start');
const breakable = new vm.Script("globalThis[Symbol.for('ringfence.start')]()", { filename: 'driver' });

function evaluate(code, name) {
  return new Promise((resolve, reject) => {
    state.reject = reject;
    const finished = (error, value) => (error ? reject(error) : resolve(value));
    Object.defineProperty(globalThis, start, {
      value: () => { server.eval(code, server.context, name, finished); }, configurable: true,
    });
    try {
      breakable.runInThisContext({ breakOnSigint: true });
    } catch (error) {
      if (error && error.code === 'ERR_SCRIPT_EXECUTION_INTERRUPTED') state.seen += 1;
      reject(error);
    } finally {
      delete globalThis[start];
    }
  });
}

function isInterrupt(error) {
  return error && (error.code === 'ERR_SCRIPT_EXECUTION_INTERRUPTED' || error.ringfence === true);
}

function failure(error) {
  if (error instanceof repl.Recoverable) error = error.err;
  let name = 'Error', value, trace;
  try {
    name = error && error.name ? String(error.name) : typeof error;
    value = error && error.message !== undefined ? String(error.message) : util.inspect(error);
    trace = error && error.stack ? String(error.stack) : `Uncaught ${util.inspect(error)}`;
    // The frames below the cell are ours.
    const ours = /^\s+at .*(driver|node:vm|node:repl|node:internal|node:domain|node:events|new Promise)/;
    trace = trace.split('\n').filter((line) => !ours.test(line)).join('\n');
  } catch {
    value = trace = '<the text of the exception failed>';
  }
  return { name: clean(name), value: clean(value), traceback: clean(trace) + '\n' };
}

async function cell(number, code) {
  const done = { cell: number, status: 'ok' };
  state.cell = number;
  state.running = true;
  try {
    // One that came before the cell was here came for it.
    if (state.seen > state.reported) throw Object.assign(new Error('interrupted'), { ringfence: true });
    const value = await evaluate(code.endsWith('\n') ? code : code + '\n', `<cell ${number}>`);
    if (value !== undefined && !code.trimEnd().endsWith(';')) done.result = await bundle(value);
  } catch (error) {
    done.status = isInterrupt(error) ? 'interrupted' : 'error';
    done.error = isInterrupt(error)
      ? { name: 'Interrupted', value: '', traceback: `Interrupted\n    in <cell ${number}>\n` }
      : failure(error);
  }
  state.running = false;
  state.reject = null;
  done.interrupts = state.reported = state.seen;
  send(2, { sync: number });
  send(1, { done });
}

function check(code) {
  try {
    new vm.Script(`(async () => {\n${code}\n})`);
    return 'complete';
  } catch (error) {
    const open = /Unexpected end of input|Unterminated template|missing \) after argument list|Unexpected token '[})\]]'/;
    try { new vm.Script(code); return 'complete'; } catch (own) {
      return /Unexpected end of input|Unterminated template|missing \) after/.test(String(own)) && open.test(String(error) + String(own))
        ? 'incomplete' : 'invalid';
    }
  }
}

process.on('SIGINT', () => {
  state.seen += 1;
  if (state.running && state.reject) state.reject(Object.assign(new Error('interrupted'), { ringfence: true }));
});
process.on('uncaughtException', (error) => process.stderr.write(failure(error).traceback));
process.on('unhandledRejection', (error) => process.stderr.write(failure(error).traceback));

// ---- the session ----------------------------------------------------------------------------------------------------

let held = Buffer.alloc(0);
let wake = null;

// Not a stream of `fs`: its read would keep a thread, and Node joins its threads before it exits.
const input = new net.Socket({ fd: 0, readable: true, writable: false });
input.on('data', (chunk) => { held = held.length ? Buffer.concat([held, chunk]) : chunk; if (wake) wake(); });
input.on('end', () => process.exit(0));
Object.defineProperty(process, 'stdin', { value: Object.assign(new Duplex({ read() { this.push(null); }, write(c, e, d) { d(); } }), { fd: -1 }) });

async function receive(complete) {
  let length;
  while ((length = complete()) < 0) await new Promise((resolve) => { wake = resolve; });
  wake = null;
  const data = held.subarray(0, length);
  held = held.subarray(length);
  return data;
}

async function request() {
  const head = (await receive(() => { const at = held.indexOf(10); return at < 0 ? -1 : at + 1; })).toString().split(' ');
  const length = parseInt(head[2], 10);
  return [head[0], parseInt(head[1], 10), await receive(() => (held.length >= length ? length : -1))];
}

(async () => {
  state.marker = Buffer.from((await request())[2]);
  send(2, { sync: 0 });
  send(1, { ready: { protocol: PROTOCOL, language: 'node', version: process.versions.node } });
  for (;;) {
    const [what, number, body] = await request();
    if (what === 'cell') await cell(number, body.toString());
    else if (what === 'check') send(1, { checked: check(body.toString()) });
    else if (what === 'settle') {
      for (let waited = 0; state.seen < number && waited < SETTLE; waited += 1) await new Promise((r) => setTimeout(r, 1));
      state.reported = state.seen;
      send(1, { settled: state.reported });
    }
  }
})();
