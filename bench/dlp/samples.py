"""Made-up secrets of 27 types, from a seed. None was ever issued; those with a checksum have a right one."""
import base64
import json
import random
import string
import zlib

UPPER, LOWER, DIGITS = string.ascii_uppercase, string.ascii_lowercase, string.digits
ALNUM, HEX = string.ascii_letters + DIGITS, "0123456789abcdef"
URL = ALNUM + "-_"


def crc62(text):
    number, out = zlib.crc32(text.encode()), ""
    alphabet = DIGITS + UPPER + LOWER
    while number:
        number, rest = divmod(number, 62)
        out = alphabet[rest] + out
    return out.rjust(6, "0")


def b64(data, wrap=None):
    text = base64.b64encode(data).decode()
    return "\n".join(text[i:i + wrap] for i in range(0, len(text), wrap)) if wrap else text


def jwt(r):
    def part(data):
        return base64.urlsafe_b64encode(data).decode().rstrip("=")
    header = part(json.dumps({"alg": "HS256", "typ": "JWT"}, separators=(",", ":")).encode())
    body = part(json.dumps({"sub": str(r.randrange(10**9)), "iat": r.randrange(15 * 10**8, 17 * 10**8)}).encode())
    return f"{header}.{body}.{part(r.randbytes(32))}"


def der(r, size):
    """The outer shape of a PKCS#1 key: a sequence of a version and a modulus; the rest is noise."""
    body = b"\x02\x01\x00\x02\x82\x01\x01\x00" + r.randbytes(size)
    return b"\x30\x82" + len(body).to_bytes(2, "big") + body


def pem(r):
    return f"-----BEGIN RSA PRIVATE KEY-----\n{b64(der(r, 1180), 64)}\n-----END RSA PRIVATE KEY-----"


def openssh(r):
    head = b"openssh-key-v1\0" + b"\0\0\0\x04none\0\0\0\x04none\0\0\0\0\0\0\0\x01\0\0\0\x33\0\0\0\x0bssh-ed25519\0\0\0\x20"
    return f"-----BEGIN OPENSSH PRIVATE KEY-----\n{b64(head + r.randbytes(280), 70)}\n-----END OPENSSH PRIVATE KEY-----"


def checked(r, prefix):
    body = pick(r, ALNUM, 30)
    return prefix + body + crc62(body)


def pick(r, alphabet, length):
    return "".join(r.choice(alphabet) for _ in range(length))


# Type: (how a line shows it, how it is made). `{}` is the secret.
TYPES = {
    "aws-akid": ("AWS_ACCESS_KEY_ID={}", lambda r: "AKIA" + pick(r, UPPER + "234567", 16)),
    "aws-secret": ("aws_secret_access_key = {}", lambda r: pick(r, ALNUM + "/+", 40)),
    "github-classic": ("token: {}", lambda r: checked(r, "ghp_")),
    "github-fine": ("GITHUB_TOKEN={}", lambda r: "github_pat_" + pick(r, ALNUM, 22) + "_" + pick(r, ALNUM, 59)),
    "gitlab": ("GL_TOKEN={}", lambda r: "glpat-" + pick(r, URL, 20)),
    "slack-bot": ('slack = "{}"', lambda r: f"xoxb-{pick(r, DIGITS, 12)}-{pick(r, DIGITS, 13)}-{pick(r, ALNUM, 24)}"),
    "stripe": ('stripe.api_key = "{}"', lambda r: "sk_live_" + pick(r, ALNUM, 24)),
    "google-api": ("key={}", lambda r: "AIza" + pick(r, URL, 35)),
    "jwt": ("Authorization: Bearer {}", jwt),
    "pem-rsa": ("{}", pem),
    "pem-openssh": ("{}", openssh),
    "npm": ("//registry.example/:_authToken={}", lambda r: checked(r, "npm_")),
    "openai": ("OPENAI_API_KEY={}", lambda r: f"sk-proj-{pick(r, URL, 74)}T3BlbkFJ{pick(r, URL, 74)}"),
    "anthropic": ("ANTHROPIC_API_KEY={}", lambda r: f"sk-ant-api03-{pick(r, URL, 93)}AA"),
    "sendgrid": ('sg = "{}"', lambda r: f"SG.{pick(r, URL, 22)}.{pick(r, URL, 43)}"),
    "twilio": ("TWILIO_API_KEY={}", lambda r: "SK" + pick(r, HEX, 32)),
    "postgres": ("postgresql://app:{}@db.internal:5432/main", lambda r: pick(r, ALNUM, 20)),
    "generic-api-key": ('api_key = "{}"', lambda r: pick(r, ALNUM, 32)),
    "generic-password": ('password = "{}"', lambda r: pick(r, ALNUM + "!@*%", 14) + "7q!"),
    "bearer": ("Authorization: Bearer {}", lambda r: pick(r, HEX, 40)),
    "huggingface": ("HF_TOKEN={}", lambda r: "hf_" + pick(r, string.ascii_letters, 34)),
    "pypi": ("password: {}", lambda r: "pypi-AgEIcHlwaS5vcmc" + pick(r, URL, 150)),
    "telegram": ("bot_token = {}", lambda r: f"{r.randrange(10**9, 10**10)}:AA{pick(r, URL, 33)}"),
    "digitalocean": ("DO={}", lambda r: "dop_v1_" + pick(r, HEX, 64)),
    "azure-storage": ("DefaultEndpointsProtocol=https;AccountName=acct1;AccountKey={};EndpointSuffix=core.windows.net",
                      lambda r: b64(r.randbytes(64))),
    "bare-hex64": ("{}", lambda r: pick(r, HEX, 64)),
    "bare-base64": ("{}", lambda r: b64(r.randbytes(32))),
}
# Without a name or a prefix: reported apart, as nothing but their randomness says what they are.
BARE = {"bare-hex64", "bare-base64"}
# Of these a vendor says what they look like.
VENDOR = set(TYPES) - BARE - {"generic-api-key", "generic-password", "bearer", "postgres"}
# Types of the encoded set.
ENCODED = [name for name in TYPES if name not in BARE | {"generic-password"}]


def lines(seed, each):
    """(type, secret, line) of every type."""
    r = random.Random(seed)
    for _ in range(each):
        for name, (form, make) in TYPES.items():
            secret = make(r)
            yield name, secret, form.format(secret)
