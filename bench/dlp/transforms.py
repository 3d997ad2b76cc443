"""How a line is encoded on its way out (22 ways), and how an excerpt of a document is."""
import base64
import codecs
import gzip
import json
import textwrap
import urllib.parse
import zlib


def wrapped(text, width):
    return "\n".join(text[i:i + width] for i in range(0, len(text), width))


def b64(data):
    return base64.b64encode(data).decode()


def each(form, sep=""):
    return lambda t: sep.join(form.format(byte) for byte in t.encode())


def concatenated(t, width=12):
    return " + ".join(f'"{t[i:i + width]}"' for i in range(0, len(t), width))


SECRET = {
    "plain": lambda t: t,
    "base64": lambda t: b64(t.encode()),
    "base64 twice": lambda t: b64(b64(t.encode()).encode()),
    "base64 wrapped at 76": lambda t: wrapped(b64(f"some text before the credential and {t} and a tail".encode()), 76),
    "base64 url, no padding": lambda t: base64.urlsafe_b64encode(t.encode()).decode().rstrip("="),
    "base32": lambda t: base64.b32encode(t.encode()).decode(),
    "hex": each("{:02x}"),
    "HEX": each("{:02X}"),
    "hex, spaced": each("{:02x}", " "),
    "percent": each("%{:02X}"),
    "\\u": lambda t: "".join(f"\\u{ord(c):04x}" for c in t),
    "HTML entities": lambda t: "".join(f"&#{ord(c)};" for c in t),
    "gzip, base64": lambda t: b64(gzip.compress(t.encode(), mtime=0)),
    "zlib, hex": lambda t: zlib.compress(t.encode()).hex(),
    "reversed": lambda t: t[::-1],
    "rot13": lambda t: codecs.encode(t, "rot13"),
    "split over lines of 20": lambda t: wrapped(t, 20),
    "concatenated": concatenated,
    "spaced": lambda t: " ".join(t),
    "zero-width": lambda t: "\u200b".join(t),
    "UTF-16": None,  # The whole file.
    "UPPER": lambda t: t.upper(),
}


def encoded(name, text):
    """A file of three lines with the encoded text in the second."""
    if name == "UTF-16":
        return f"line one of an ordinary log\nout: {text}\nend\n".encode("utf-16-le")
    return f"line one of an ordinary log\nout: {SECRET[name](text)}\nend\n".encode()


def zstd(data):
    """A Zstandard frame of raw blocks (RFC 8878): no compressor is needed to be one."""
    out = b"\x28\xb5\x2f\xfd\xa0" + len(data).to_bytes(4, "little")
    blocks = [data[i:i + 65536] for i in range(0, len(data), 65536)]
    for number, block in enumerate(blocks):
        head = len(block) << 3 | (number == len(blocks) - 1)
        out += head.to_bytes(3, "little") + block
    return out


def prefixed(prefix):
    return lambda t: "\n".join(prefix + line for line in t.split("\n"))


ECHO = {
    "identity": lambda t: t,
    "upper": str.upper,
    "lower": str.lower,
    "no whitespace": lambda t: "".join(t.split()),
    "re-wrapped at 40": lambda t: textwrap.fill(t, 40),
    "spaced letters": lambda t: " ".join(t),
    "zero-width": lambda t: "\u200b".join(t),
    "quoted, concatenated": lambda t: concatenated(t.replace('"', "'"), 16),
    "reversed": lambda t: t[::-1],
    "rot13": lambda t: codecs.encode(t, "rot13"),
    "base64": lambda t: b64(t.encode()),
    "base64 from offset 1": lambda t: b64(b"x" + t.encode()),
    "base64 from offset 2": lambda t: b64(b"xy" + t.encode()),
    "base64 url": lambda t: base64.urlsafe_b64encode(t.encode()).decode(),
    "base64 wrapped at 76": lambda t: wrapped(b64(t.encode()), 76),
    "base64 of upper case": lambda t: b64(t.upper().encode()),
    "base64 twice": lambda t: b64(b64(t.encode()).encode()),
    "base64 of UTF-16": lambda t: b64(t.encode("utf-16-le")),
    "base32": lambda t: base64.b32encode(t.encode()).decode(),
    "hex": each("{:02x}"),
    "HEX": each("{:02X}"),
    "hex, spaced": each("{:02x}", " "),
    "hex, colons": each("{:02x}", ":"),
    "percent, all": each("%{:02X}"),
    "percent": urllib.parse.quote,
    "percent, plus": urllib.parse.quote_plus,
    "\\u": lambda t: "".join(f"\\u{ord(c):04x}" for c in t),
    "\\x": each("\\x{:02x}"),
    "octal": each("\\{:03o}"),
    "HTML entities, decimal": lambda t: "".join(f"&#{ord(c)};" for c in t),
    "HTML entities, hex": lambda t: "".join(f"&#x{ord(c):x};" for c in t),
    "numbers, decimal": lambda t: str(list(t.encode())),
    "JSON": json.dumps,
    "numbered lines": lambda t: "\n".join(f"{n:6}\t{line}" for n, line in enumerate(t.split("\n"), 17)),
    "gzip, base64": lambda t: b64(gzip.compress(t.encode(), mtime=0)),
    "zlib, base64": lambda t: b64(zlib.compress(t.encode())),
    "zlib, hex": lambda t: zlib.compress(t.encode()).hex(),
    "zstd, base64": lambda t: b64(zstd(t.encode())),
    "UTF-16": lambda t: t.encode("utf-16-le"),
    "CSV": lambda t: "\r\n".join('"' + line.replace(" ", '","') + '"' for line in t.split("\n")),
    "diff": prefixed("+ "),
    "comments": prefixed("// "),
}
