"""Text of the distribution, and a made-up document that is not among it."""
import os
import random

PLACES = ["/usr/lib/python3", "/usr/lib/python3.11", "/usr/lib/python3.12", "/usr/lib/python3.13", "/usr/share", "/usr/include"]


def files():
    for place in PLACES:
        for folder, folders, names in os.walk(place):
            folders.sort()
            for name in sorted(names):
                path = os.path.join(folder, name)
                if not os.path.islink(path) and os.path.isfile(path):
                    yield path


def clean(folder, megabytes, seed=7):
    """Copies text files of the distribution into the folder, in an order that the seed decides; gives the place of each in
    the whole, and the whole's size."""
    paths = sorted(files())
    random.Random(seed).shuffle(paths)
    places, size = [], 0
    with open(os.path.join(folder, "..", "clean.bin"), "wb") as whole:
        for path in paths:
            if size >= megabytes * 1_000_000:
                break
            try:
                if not 64 < os.path.getsize(path) < 1_000_000:
                    continue
                with open(path, "rb") as file:
                    data = file.read()
                if b"\0" in data:
                    continue
                data.decode()
            except (OSError, UnicodeDecodeError):
                continue
            whole.write(data)
            with open(os.path.join(folder, f"{len(places):05}.txt"), "wb") as file:
                file.write(data)
            places.append((size, path))
            size += len(data)
    return places, size


def document(size, seed=11):
    """Prose of made-up words with names, numbers and figures: what a confidential report looks like to a machine."""
    r = random.Random(seed)
    syllables = "ka ren to mi sol ver an del po ru est in lo fa gri tu ne bar shi qua zen o wy ex".split()
    words = ["".join(r.choice(syllables) for _ in range(r.choice([1, 2, 2, 3]))) for _ in range(4000)]
    words += "the of and to in for with that is was by on at from this which are not as its".split() * 60
    out, line = [], ""
    total = 0
    while total < size:
        word = r.choice(words)
        roll = r.random()
        if roll < 0.03:
            word = str(r.randrange(100000))
        elif roll < 0.06:
            word = word.capitalize()
        line += word + r.choice([" "] * 12 + [", ", ". ", "; "])
        if len(line) > 72:
            out.append(line.rstrip())
            total += len(line)
            line = "" if r.random() < 0.9 else "\n"
    return "\n".join(out)[:size]
