"""Says early that this sandbox allows no other process. The kernel is what refuses them."""

import builtins
import sys

_import = builtins.__import__
_ours = ("/workspace/", "/tmp/", "/out/", "/context/")


def _is_code(globals):
    """Whether the importer is the code itself: libraries may import what they never use."""
    if not globals or globals.get("__name__") == "__main__":
        return True
    return str(globals.get("__file__") or "/tmp/").startswith(_ours)


def _guarded(name, globals=None, locals=None, fromlist=(), level=0):
    if level == 0 and name.partition(".")[0] == "subprocess" and _is_code(globals):
        raise ImportError("no other processes in this sandbox", name="subprocess")
    return _import(name, globals, locals, fromlist, level)


builtins.__import__ = _guarded
sys.path[:] = [entry for entry in sys.path if entry != "/run/ringfence/python"]
