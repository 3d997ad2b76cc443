"""Runs the cells of a `ringfence repl` session in one namespace.

Requests come on descriptor 0 as `OP ID LENGTH\\n` and LENGTH bytes. Answers are packets between the code's own output, in
descriptor 1 (and a mark at a cell's end in descriptor 2): a marker drawn for this session, `+` or `.` (the last packet of a
message), four hexadecimal digits of length, and that much JSON. A packet fits PIPE_BUF, so that the output of threads and
child processes never falls into one. The code that runs here is in the same process and can write what it likes: whoever
reads the answers takes them for data.
"""
import sys


def _driver():
    import ast
    import base64
    import builtins
    import fcntl
    import json
    import linecache
    import os
    import select
    import signal
    import time
    import traceback
    import types

    PROTOCOL = 1
    CHUNK = 3900                    # with the marker and the header below PIPE_BUF (4096)
    TEXT = 1 << 20                  # characters of one textual representation
    BINARY = 8 << 20                # bytes of one binary representation
    TRACEBACK = 256 << 10           # characters of a traceback
    KINDS = 32                      # representations of one value
    SETTLE = 0.05                   # seconds to wait for an interrupt that is on its way
    AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT

    me = os.getpid()
    here = __file__
    # Where no descriptor of the code's own comes to lie by chance, and closed by exec.
    requests = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 64)
    answers = fcntl.fcntl(1, fcntl.F_DUPFD_CLOEXEC, 64)
    errors = fcntl.fcntl(2, fcntl.F_DUPFD_CLOEXEC, 64)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding='utf-8', errors='backslashreplace', line_buffering=True)
    stdout, stderr = sys.stdout, sys.stderr
    encode = json.JSONEncoder(skipkeys=True, default=repr).encode
    read, write = os.read, os.write
    poll = select.select
    state = types.SimpleNamespace(running=False, writing=False, late=False, seen=0, reported=0, cell=0, loop=None, stdin=sys.stdin)

    # ---- interrupts ------------------------------------------------------------------------------------------------

    def on_interrupt(_number, _frame):
        state.seen += 1
        if not state.running or os.getpid() != me:
            if os.getpid() != me:
                raise KeyboardInterrupt
        elif state.writing:
            state.late = True       # half a packet would end the session
        else:
            raise KeyboardInterrupt

    # ---- the wire --------------------------------------------------------------------------------------------------

    def write_all(fd, data):
        while data:
            try:
                data = data[write(fd, data):]
            except BlockingIOError:
                poll([], [fd], [])  # somebody made our pipe non-blocking

    def send(fd, message, marker):
        data = encode(message).encode('ascii')
        state.writing = True
        try:
            for start in range(0, len(data), CHUNK):
                part = data[start:start + CHUNK]
                last = b'.' if start + CHUNK >= len(data) else b'+'
                write_all(fd, marker + last + b'%04x' % len(part) + part)
        finally:
            state.writing = False
        if state.late:
            state.late = False
            if state.running:
                raise KeyboardInterrupt

    def flush():
        for stream in (sys.stdout, sys.stderr, stdout, stderr):
            try:
                stream.flush()
            except (OSError, ValueError, AttributeError):
                pass

    buffer = bytearray()

    def receive(count):
        while len(buffer) < count:
            part = read(requests, max(65536, count - len(buffer)))
            if not part:
                return None
            buffer.extend(part)
        data = bytes(buffer[:count])
        del buffer[:count]
        return data

    def request():
        while b'\n' not in buffer:
            part = read(requests, 65536)
            if not part:
                return None
            buffer.extend(part)
        head = receive(buffer.index(b'\n') + 1).split()
        body = receive(int(head[2]))
        return None if body is None else (head[0], int(head[1]), body)

    # ---- rich results ----------------------------------------------------------------------------------------------

    def clean(text, limit=TEXT):
        text = str(text)
        if len(text) > limit:
            text = text[:limit] + '\n[truncated: %d characters in all]' % len(text)
        return text.encode('utf-8', 'backslashreplace').decode('utf-8')

    def bundle(value, include_text=True):
        """The representations of a value by MIME type, as Jupyter names them. Binary ones are base64."""
        data = {}
        if include_text:
            data['text/plain'] = clean(repr(value))
        if isinstance(value, type):
            return data
        try:
            made = value._repr_mimebundle_(include=None, exclude=None)
            if isinstance(made, tuple):
                made = made[0]
            found = {str(k)[:128]: v for k, v in list(made.items())[:KINDS]}
        except KeyboardInterrupt:
            raise
        except Exception:
            found = {}
        for method, kind in methods:
            if kind in found:
                continue
            try:
                made = getattr(value, method)()
            except KeyboardInterrupt:
                raise
            except Exception:
                continue
            if isinstance(made, tuple):
                made = made[0]
            if made is not None:
                found[kind] = made
        for kind, made in found.items():
            if isinstance(made, (bytes, bytearray, memoryview)):
                made = bytes(made)
                if len(made) > BINARY:
                    data.setdefault('text/plain', '')
                    data['text/plain'] += '\n[%s of %d bytes left out: more than %d]' % (kind, len(made), BINARY)
                    continue
                if kind.startswith('image/') and kind != 'image/svg+xml':
                    data[kind] = base64.b64encode(made).decode('ascii')
                else:
                    data[kind] = clean(made.decode('utf-8', 'backslashreplace'))
            elif kind.startswith('image/') and kind != 'image/svg+xml':
                data[kind] = str(made)[:BINARY * 4 // 3 + 4]
            elif isinstance(made, str):
                data[kind] = clean(made)
            else:
                data[kind] = clean(encode(made))
        return data

    methods = [('_repr_html_', 'text/html'), ('_repr_markdown_', 'text/markdown'), ('_repr_latex_', 'text/latex'),
               ('_repr_svg_', 'image/svg+xml'), ('_repr_png_', 'image/png'), ('_repr_jpeg_', 'image/jpeg'),
               ('_repr_json_', 'application/json')]

    def show(data):
        if os.getpid() != me:
            return                  # a child process; its packets would fall between ours
        flush()
        send(answers, {'display': {'cell': state.cell, 'data': data}}, marker)

    def display(*values, raw=False):
        """Shows values now, in the richest form that they have; with `raw`, mappings of MIME type to data."""
        for value in values:
            if raw:
                show({str(k)[:128]: clean(v, BINARY) for k, v in list(value.items())[:KINDS]})
            else:
                show(bundle(value))

    def figures():
        """Every open figure of matplotlib as PNG, then none is open."""
        pyplot = sys.modules.get('matplotlib.pyplot')
        if pyplot is None:
            return
        import io
        for number in pyplot.get_fignums():
            figure = pyplot.figure(number)
            if not figure.axes and not figure.texts and not figure.lines and not figure.images:
                continue
            image = io.BytesIO()
            figure.savefig(image, format='png')
            width, height = (int(x) for x in figure.get_size_inches() * figure.dpi)
            show({'text/plain': '<Figure size %dx%d with %d Axes>' % (width, height, len(figure.axes)),
                  'image/png': base64.b64encode(image.getvalue()).decode('ascii')})
        pyplot.close('all')

    class Figures:
        """Finds the backend under which `plt.show()` shows what is open, as an import of matplotlib asks for it."""
        name = 'ringfence_figures'

        @classmethod
        def find_spec(cls, name, _path=None, _target=None):
            if name != cls.name:
                return None
            from importlib.machinery import ModuleSpec
            return ModuleSpec(name, cls)

        @staticmethod
        def create_module(_spec):
            return None

        @staticmethod
        def exec_module(module):
            from matplotlib.backend_bases import FigureManagerBase
            from matplotlib.backends import backend_agg
            module.FigureCanvas = backend_agg.FigureCanvasAgg
            module.FigureManager = FigureManagerBase
            module.new_figure_manager = backend_agg._BackendAgg.new_figure_manager
            module.show = lambda *args, **kw: figures()

    # ---- cells -----------------------------------------------------------------------------------------------------

    main = types.ModuleType('__main__')
    main.__dict__['__builtins__'] = builtins
    space = main.__dict__
    futures = [0]
    future_mask = 0
    import __future__
    for feature in __future__.all_feature_names:
        future_mask |= getattr(__future__, feature).compiler_flag

    def run(code):
        """Runs compiled code; a coroutine in the session's event loop."""
        futures[0] |= code.co_flags & future_mask
        made = eval(code, space)
        if not code.co_flags & 0x80:        # CO_COROUTINE
            return made
        import asyncio
        if state.loop is None or state.loop.is_closed():
            state.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(state.loop)
        task = state.loop.create_task(made)
        try:
            return state.loop.run_until_complete(task)
        except KeyboardInterrupt:
            task.cancel()
            ended, = state.loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
            where = ended.__traceback__ if isinstance(ended, BaseException) else None
            raise KeyboardInterrupt().with_traceback(where) from None

    def split(source, name):
        """The statements of a cell, and its last expression when its value is to be shown."""
        flags = futures[0] | AWAIT
        tree = compile(source, name, 'exec', flags | ast.PyCF_ONLY_AST, True)
        futures_first = [n for n in tree.body if isinstance(n, ast.ImportFrom) and n.module == '__future__']
        for node in futures_first:
            for alias in node.names:
                flags |= getattr(getattr(__future__, alias.name, None), 'compiler_flag', 0)
        last = None
        if tree.body and isinstance(tree.body[-1], ast.Expr):
            last = ast.Expression(tree.body.pop().value)
        body = compile(tree, name, 'exec', flags, True) if tree.body else None
        if last is not None:
            last = compile(last, name, 'eval', flags, True)
        return body, last

    def user_frames(trace):
        """The traceback from the first frame of a cell on: what is above it is ours."""
        while trace is not None and not trace.tb_frame.f_code.co_filename.startswith('<cell '):
            trace = trace.tb_next
        return trace

    def without_ours(report, depth=0):
        """Takes the driver's own frames out, along the chain of causes."""
        if report is None or depth > 100:
            return
        report.stack[:] = [frame for frame in report.stack if frame.filename != here]
        without_ours(report.__cause__, depth + 1)
        without_ours(report.__context__, depth + 1)

    def failure(error):
        kind, trace = type(error), user_frames(error.__traceback__)
        try:
            if trace is None:
                text = ''.join(traceback.format_exception_only(kind, error))
            else:
                report = traceback.TracebackException(kind, error, trace)
                without_ours(report)
                text = ''.join(report.format())
        except Exception as inner:
            text = '%s (its traceback could not be formatted: %s)\n' % (kind.__name__, type(inner).__name__)
        try:
            value = str(error)
        except Exception:
            value = '<the text of the exception failed>'
        if len(text) > TRACEBACK:
            text = text[:TRACEBACK // 2] + '\n[…]\n' + text[-TRACEBACK // 2:]
        return {'name': clean(kind.__name__, 256), 'value': clean(value, 16384), 'traceback': clean(text)}

    def cell(number, source):
        name = '<cell %d>' % number
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        done = {'cell': number, 'status': 'ok'}
        state.cell = number
        signal.signal(signal.SIGINT, on_interrupt)
        if state.stdin.closed:          # `exit()` closes it
            null = os.open(os.devnull, os.O_RDONLY)
            if null != 0:
                os.dup2(null, 0)
                os.close(null)
            state.stdin = os.fdopen(0, 'r', closefd=False)
        sys.stdin = state.stdin
        try:
            try:
                state.running = True
                if state.seen > state.reported:
                    raise KeyboardInterrupt     # it came for this cell, before the cell was here
                body, last = split(source, name)
                value = None
                if body is not None:
                    run(body)
                if last is not None:
                    value = run(last)
                if value is not None and os.getpid() == me:
                    builtins._ = value
                    text = source.rstrip()
                    if not text.endswith(';'):
                        done['result'] = bundle(value)
                figures()
            finally:
                flush()
                state.running = False
        except KeyboardInterrupt as error:
            state.running = False
            done.update(status='interrupted', error=failure(error))
        except BaseException as error:
            state.running = False
            if os.getpid() != me and isinstance(error, SystemExit):
                flush()
                os._exit(error.code if isinstance(error.code, int) else 1)
            done.update(status='error', error=failure(error))
            sys.last_value = error
        if os.getpid() != me:
            # A fork of the cell must not go on as a second driver.
            if 'error' in done:
                write_all(2, done['error']['traceback'].encode('utf-8', 'replace'))
            os._exit(1 if 'error' in done else 0)
        finish(done)

    def finish(done):
        flush()
        done['interrupts'] = state.reported = state.seen
        state.late = False
        send(errors, {'sync': done['cell']}, marker)
        send(answers, {'done': done}, marker)

    def check(source):
        """Whether a person has typed a whole cell: `complete`, `incomplete` or `invalid`."""
        import codeop
        compiler = codeop.CommandCompiler()
        compiler.compiler.flags |= futures[0] | AWAIT
        try:
            return 'incomplete' if compiler(source, '<cell>', 'single') is None else 'complete'
        except (SyntaxError, OverflowError, ValueError, MemoryError, RecursionError):
            return 'invalid'

    def settle(seen):
        until = time.monotonic() + SETTLE
        while state.seen < seen and time.monotonic() < until:
            time.sleep(0.001)
        state.reported = state.seen
        send(answers, {'settled': state.reported}, marker)

    # ---- the session -----------------------------------------------------------------------------------------------

    signal.signal(signal.SIGINT, on_interrupt)
    head = request()
    if head is None:
        return
    marker = head[2]
    sys.modules['__main__'] = main
    sys.argv = ['']
    sys.path.insert(0, '')
    sys.meta_path.append(Figures)
    if os.environ.get('MPLBACKEND', 'Agg').lower() == 'agg':
        os.environ['MPLBACKEND'] = 'module://' + Figures.name
    builtins.display = display
    send(errors, {'sync': 0}, marker)
    send(answers, {'ready': {'protocol': PROTOCOL, 'language': 'python',
                             'version': '%d.%d.%d' % sys.version_info[:3]}}, marker)
    while True:
        asked = request()
        if asked is None:
            break
        what, number, body = asked
        if what == b'cell':
            try:
                cell(number, body.decode('utf-8', 'replace'))
            except KeyboardInterrupt as error:
                # Between the end of the code and the note that it has ended.
                state.running = False
                finish({'cell': number, 'status': 'interrupted', 'error': failure(error)})
        elif what == b'check':
            send(answers, {'checked': check(body.decode('utf-8', 'replace'))}, marker)
        elif what == b'settle':
            settle(number)
    flush()


_driver()
