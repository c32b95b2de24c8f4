"""Ways in which a file gets damaged: bytes of any file, fields of JSON, entries of a zip, fields of ONNX."""

import io
import json
import random
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import onnx
from google.protobuf.message import Message  # type: ignore[import-untyped]  # ships no stubs

Damage = Callable[[bytes, random.Random], bytes]
Place = tuple[str | int, ...]

WRONG: tuple[Any, ...] = (
    None, True, False, -1, 0, 1, 7, 2**31, 2**63, 10**40, 1.5, -0.0, 1e308, float("inf"), float("nan"),
    "", "x", "0", "\u0000", "../x", "größe", "\ud800", "x" * 5000,
    [], [[]], [None], [-1], ["x"], [1e308], {}, {"x": 1},
)  # fmt: skip
"""What stands where something else should: every type, and the ends of their ranges."""
LENGTHS = (1, 2, 4, 16, 64, 1000)
NUMBERS = (0, 1, 2, 3, 7, 8, -1, -2, 11, 64, 255, 10_000, 2**20, 2**31 - 1, 2**40, 2**62)
TEXTS = ("", "x", "Conv", "MatMul", "Relu", "Quant", "w0", "x y", "größe", "a/../b", "\u0001", "Loop")
FLOATS = (0.0, -1.0, 0.3, 1e30, float("nan"), float("inf"))


def of_bytes(content: bytes, rng: random.Random) -> bytes:
    """Flip a bit, set a byte, cut off, take out, insert, blank, double, overwrite or exchange pieces."""
    at = rng.randrange(max(1, len(content)))
    length = min(rng.choice(LENGTHS), len(content) - at)
    head, piece, tail = content[:at], content[at : at + length], content[at + length :]
    match rng.randrange(9):
        case 0:
            return head + bytes([content[at] ^ 1 << rng.randrange(8)]) + content[at + 1 :]
        case 1:
            return head + bytes([rng.choice((0, 1, 127, 128, 255))]) + content[at + 1 :]
        case 2:
            return head
        case 3:
            return head + tail
        case 4:
            return head + rng.randbytes(length) + piece + tail
        case 5:
            return head + bytes(length) + tail
        case 6:
            return head + piece + piece + tail
        case 7:
            return head + rng.randbytes(length) + tail
        case _:
            return tail + head


def places(document: Any, path: Place = ()) -> Iterator[Place]:
    """Yield the path of every field of a JSON document; of long lists a few entries."""
    if path:
        yield path
    if isinstance(document, dict):
        for key, value in document.items():
            yield from places(value, (*path, key))
    if isinstance(document, list):
        for position in sorted({0, 1, len(document) - 1} & set(range(len(document)))):
            yield from places(document[position], (*path, position))


def of_document(document: Any, rng: random.Random) -> Any:
    """Return a JSON document with a field replaced, removed, renamed, doubled or put elsewhere."""
    copy: Any = json.loads(json.dumps(document))
    known = list(places(copy))
    if not known or rng.random() < 0.03:
        return rng.choice(WRONG)
    place = rng.choice(known)
    node: Any = copy
    for step in place[:-1]:
        node = node[step]
    action = rng.randrange(5)
    key: Any = place[-1]
    if action == 0:
        del node[key]
    elif action == 1 and isinstance(node, dict):
        node[rng.choice(("x", str(key).upper(), f"{key} ", ""))] = node.pop(key)
    elif action == 2 and isinstance(node, list):
        node.insert(rng.randrange(len(node) + 1), node[key])
    elif action == 3 and isinstance(node[key], int | float) and not isinstance(node[key], bool):
        number = node[key]
        node[key] = rng.choice((-number, number + 1, number * 2**20, float(number), str(number)))
    else:
        node[key] = rng.choice(WRONG)
    return copy


def of_json(content: bytes, rng: random.Random) -> bytes:
    """Damage a field of a JSON file; at times it is nested deeper than any parser goes, or has keys twice."""
    chance = rng.random()
    if chance < 0.01:
        return rng.choice((b"[", b'{"a":')) * 100_000
    if chance < 0.03:
        return content.replace(b"{", b'{"x": 1, "x": 2, ', 1)
    return json.dumps(of_document(json.loads(content), rng)).encode()


def entries(content: bytes) -> dict[str, bytes]:
    """Return the files of a zip."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: Sequence[tuple[str, bytes]], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip of these files, names twice included."""
    target = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(target, "w", method) as archive:
        warnings.simplefilter("ignore")  # of names twice
        for name, content in files:
            # Of a date, so that equal content is an equal zip.
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=method)
    return target.getvalue()


def of_zip(content: bytes, rng: random.Random) -> bytes:
    """Damage what a zip holds, so that its checksums are right; or a field of its directory."""
    files = list(entries(content).items())
    at = rng.randrange(len(files))
    name, inner = files[at]
    match rng.randrange(7):
        case 0:
            files[at] = (name, of_bytes(inner, rng) if inner else b"x")
        case 1:
            del files[at]
        case 2:
            files.append((name, files[rng.randrange(len(files))][1]))
        case 3:
            other = rng.choice(("../x", "/x", "", "x" * 300, name.upper(), f"{name}\u0000", "größe"))
            files[at] = (other, inner)
        case 4:
            files[at] = (name, files[rng.randrange(len(files))][1])
        case 5:
            other = rng.choice(("x", "x/", "x.npy", "manifest.json"))
            files.append((other, rng.randbytes(rng.choice(LENGTHS))))
        case _:
            return _of_directory(content, rng)
    return zipped(files, rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))


def _of_directory(content: bytes, rng: random.Random) -> bytes:
    """Overwrite a number in an entry's header or in the directory of a zip."""
    marks = (b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06")
    starts = [at for at in range(len(content) - 3) if content[at : at + 4] in marks]
    at = rng.choice(starts) + rng.randrange(4, 44)
    value = rng.choice((0, 1, 8, 99, 0x7FFF, 0xFFFF, rng.randrange(1 << 16)))
    return content[:at] + struct.pack("<H", value) + content[at + 2 :]


def of_npz(content: bytes, rng: random.Random) -> bytes:
    """Damage an array's header or numbers in an .npz whose checksums are right, or the zip around it."""
    if rng.random() < 0.4:
        return of_zip(content, rng)
    files = list(entries(content).items())
    at = rng.randrange(len(files))
    name, array = files[at]
    start, stop = array.index(b"{"), array.index(b"\n")
    header = array[start:stop]
    old, new = rng.choice(
        (
            (b"'shape': (", b"'shape': (9,"), (b"'shape': (", b"'shape': (99999999999,"), (b"(", b"(-1,"),
            (b"False", b"True"), (b"'<f4'", b"'<f8'"), (b"'|u1'", b"'|i1'"), (b"'<i8'", b"'>i8'"),
            (b"'<f4'", b"'|O'"), (b"'|u1'", b"'<U3'"), (b"'<i8'", b"'<c16'"), (b"'<f4'", b"[('a','<f4')]"),
            (b"'shape'", b"'shap'"), (b"{", b"{" * 2000), (b"'|u1'", b"'|S100000000'"), (b"}", b""),
            (b"'<i8'", b"'<M8[s]'"), (b"'|u1'", b"'|b1'"), (b"'<i8'", b"'<f8'"),
        )
    )  # fmt: skip
    changed = header.replace(old, new, 1)
    size = len(changed) + 1
    prefix = array[: start - 2] + struct.pack("<H", size) if size < 1 << 16 else array[:start]
    files[at] = (name, prefix + changed + array[stop:])
    return zipped(files)


def of_safetensors(content: bytes, rng: random.Random) -> bytes:
    """Damage a field of the header of a safetensors file, or of a document that its metadata hold."""
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    held = [name for name, text in header.get("__metadata__", {}).items() if text.startswith("{")]
    if held and rng.random() < 0.6:
        name = rng.choice(held)
        header["__metadata__"][name] = json.dumps(of_document(json.loads(header["__metadata__"][name]), rng))
        changed = json.dumps(header).encode()
    else:
        changed = json.dumps(of_document(header, rng)).encode("utf-8", "replace")
    size = len(changed) if rng.random() < 0.95 else rng.choice((0, 2**31, 2**63, len(changed) - 1))
    return struct.pack("<Q", size) + changed + content[8 + length :]


def _messages(message: Any, depth: int = 0) -> Iterator[Any]:
    yield message
    if depth < 6:
        for field, value in message.ListFields():
            if field.type == field.TYPE_MESSAGE:
                for inner in value if (field.label == field.LABEL_REPEATED) else [value]:
                    if isinstance(inner, Message):
                        yield from _messages(inner, depth + 1)


def _another(field: Any, old: Any, rng: random.Random) -> Any:
    kinds: dict[int, Sequence[Any]] = {field.CPPTYPE_STRING: TEXTS, field.CPPTYPE_FLOAT: FLOATS}
    if field.cpp_type == field.CPPTYPE_STRING and isinstance(old, bytes):
        return of_bytes(old, rng) if old else b"x"
    return rng.choice(kinds.get(field.cpp_type, NUMBERS))


def of_onnx(content: bytes, rng: random.Random) -> bytes:
    """Damage a field of an ONNX file: a name, a number, a piece missing, doubled or elsewhere."""
    model = onnx.load_from_string(content)
    while True:
        message = rng.choice(list(_messages(model)))
        fields = message.ListFields()
        if not fields:
            continue
        field, value = rng.choice(fields)
        try:
            _change(message, field, value, rng)
        except (ValueError, TypeError):  # a number or text that such a field cannot hold
            continue
        return bytes(model.SerializeToString())


def _change(message: Any, field: Any, value: Any, rng: random.Random) -> None:
    name, is_message = field.name, field.type == field.TYPE_MESSAGE
    if rng.random() < 0.2:
        message.ClearField(name)
    elif field.label != field.LABEL_REPEATED:
        if not is_message:
            setattr(message, name, _another(field, value, rng))
    elif rng.random() < 0.3:
        del value[rng.randrange(len(value))]
    elif is_message or rng.random() < 0.3:
        inner = value[rng.randrange(len(value))]
        value.extend([inner])
    else:
        at = rng.randrange(len(value))
        value[at] = _another(field, value[at], rng)


def of_package(content: bytes, rng: random.Random) -> bytes:
    """Damage a file of a package whose manifest then agrees with it, as that of a malicious one would."""
    from rbonn_hw.host.manifest import NAME, Manifest

    files = entries(content)
    name = rng.choice(sorted(files))
    if name == NAME:
        files[name] = of_json(files[name], rng)
        return zipped(list(files.items()))
    damage = of_json if name == "metadata.json" else of_bytes
    files[name] = damage(files[name], rng)
    kept = {one: inner for one, inner in files.items() if one != NAME}
    return zipped([(NAME, Manifest.of(kept, "somebody").to_bytes()), *kept.items()])
