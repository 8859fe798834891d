"""A model's file: plain arrays and one JSON text in a skops archive, checked before anything is built from it.

The archive is looked through without skops first: few members, all small, arrays no larger than their bytes, and no
class but dict, list, str and numpy.ndarray. What was read is hashed and must be what its own id says, so a changed file
is refused. A hash is no signature: it finds accidents, not a forger who also changes the hash.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solar.correction_domain import CLEAR_SKY, ELEVATION, INCIDENCE, POWER_CELLS, Domain
from solar.correction_features import KNOTS, Curves
from solar.correction_model import CAP, Model
from solar.errors import CorrectionError

SCHEMA = 1
MOST_BYTES, MOST_MEMBERS = 4_000_000, 40
PLAIN = {("builtins", "dict"), ("builtins", "list"), ("builtins", "str"), ("numpy", "ndarray")}
ARRAYS = ("shift_knots", "shift_values", "scale_knots", "scale_values", "sky", "face")
ABOUT = "about"
REMEDY = "Fit the model again (`heliotwin correct fit`), or use --model default"
# The archive's members carry this date, so that the same model gives the same bytes.
DATE = (1980, 1, 1, 0, 0, 0)


def tables_of(model: Model) -> dict[str, Any]:
    """A model as plain arrays and one JSON text."""
    return {ABOUT: json.dumps(_about(model), ensure_ascii=False), **_arrays(model)}


def digest(model: Model) -> str:
    """SHA-256 of everything that decides what a model answers; the card and the id take no part."""
    about = {key: value for key, value in _about(model).items() if key not in ("card", "id")}
    parts = [json.dumps(about, sort_keys=True)]
    for name, array in _arrays(model).items():
        parts.append(f"{name} {array.dtype.str} {array.shape}")
        parts.append(np.ascontiguousarray(array).tobytes().hex())
    return hashlib.sha256("\n".join(parts).encode("utf-8")).hexdigest()


def model_of(tables: Any, path: Path) -> Model:
    """The model in what skops read; raises CorrectionError where it is not one, or not the one its id names."""
    try:
        about = json.loads(tables[ABOUT])
        if about["schema"] > SCHEMA:
            raise CorrectionError(
                f"schema {about['schema']} is newer than this release reads", str(path), remedy=REMEDY
            )
        model = _model(about, {name: tables[name] for name in ARRAYS})
    except (KeyError, TypeError, ValueError) as error:
        raise CorrectionError(f"not a model of the correction ({error})", str(path), remedy=REMEDY) from error
    whole = digest(model)
    if model.id != f"{model.kind}-{whole[:8]}" or model.card.get("content_sha256") != whole:
        versions = ", ".join(f"{name} {number}" for name, number in sorted(model.card.get("versions", {}).items()))
        raise CorrectionError(f"was changed after it was written (by {versions})", str(path), remedy=REMEDY)
    return model


def sealed(archive: bytes) -> bytes:
    """A skops archive whose bytes depend on its content alone: no date, no addresses of this process."""
    with zipfile.ZipFile(io.BytesIO(archive)) as given:
        schema = json.loads(given.read("schema.json"))
        numbers: dict[int, int] = {}
        _renumber(schema, numbers)
        members = {f"{numbers[int(name[:-4])]}.npy": given.read(name) for name in given.namelist() if _is_array(name)}
    members["schema.json"] = json.dumps(schema).encode("utf-8")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(members):
            target.writestr(zipfile.ZipInfo(name, DATE), members[name], zipfile.ZIP_DEFLATED)
    return out.getvalue()


def opened(path: Path) -> bytes:
    """The bytes of a model's archive, looked through; raises CorrectionError where there is anything but plain data."""
    if not path.is_file():
        raise CorrectionError("no such file", str(path), remedy="Give a MODEL.skops, or --model default")
    content = path.read_bytes() if path.stat().st_size <= MOST_BYTES else b""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inner = archive.infolist()
            if len(inner) > MOST_MEMBERS or sum(member.file_size for member in inner) > MOST_BYTES:
                raise ValueError("too large")
            for member in inner:
                if _is_array(member.filename):
                    _check_array(archive.read(member), member.filename)
                elif member.filename != "schema.json":
                    raise ValueError(f"{member.filename} in it")
            _check_plain(json.loads(archive.read("schema.json")))
    except (
        zipfile.BadZipFile,
        ValueError,
        KeyError,
        TypeError,
        RecursionError,
        EOFError,
        NotImplementedError,
    ) as error:
        raise CorrectionError(f"not a model ({error})", str(path), remedy=REMEDY) from error
    return content


def _is_array(name: str) -> bool:
    return name.endswith(".npy") and name[:-4].isdigit()


def _check_array(content: bytes, name: str) -> None:
    """No array may claim more than its bytes: numpy allocates before it reads."""
    stream = io.BytesIO(content)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError(f"{name}: unknown numpy format")
    shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != len(content) - stream.tell():
        raise ValueError(f"{name}: not the array it says")


def _check_plain(node: Any) -> None:
    """Every class named anywhere in the archive's schema is plain data."""
    if isinstance(node, list):
        for part in node:
            _check_plain(part)
    elif isinstance(node, dict):
        if "__class__" in node and (node.get("__module__"), node["__class__"]) not in PLAIN:
            raise ValueError(f"{node.get('__module__')}.{node['__class__']} in it")
        for part in node.values():
            _check_plain(part)


def _renumber(node: Any, numbers: dict[int, int]) -> None:
    """Addresses of objects become 1, 2, 3 … in order of appearance."""
    if isinstance(node, list):
        for part in node:
            _renumber(part, numbers)
    elif isinstance(node, dict):
        if "__id__" in node:
            node["__id__"] = numbers.setdefault(node["__id__"], len(numbers) + 1)
        if _is_array(str(node.get("file", ""))):
            address = int(node["file"][:-4])
            node["file"] = f"{numbers.setdefault(address, len(numbers) + 1)}.npy"
        for part in node.values():
            _renumber(part, numbers)


def _about(model: Model) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "id": model.id,
        "kind": model.kind,
        "shift": list(model.shift.names),
        "scale": list(model.scale.names),
        "low": model.low,
        "high": model.high,
        "coldest": model.domain.coldest if math.isfinite(model.domain.coldest) else None,
        "warmest": model.domain.warmest if math.isfinite(model.domain.warmest) else None,
        "neutral": model.neutral,
        "cap": model.cap,
        "spread": model.spread,
        "card": model.card,
    }


def _arrays(model: Model) -> dict[str, NDArray[Any]]:
    curves = (model.shift.knots, model.shift.values, model.scale.knots, model.scale.values)
    return dict(zip(ARRAYS, (*curves, model.domain.sky, model.domain.face), strict=True))


def _model(about: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Model:
    shapes = {"sky": (len(CLEAR_SKY), len(ELEVATION), POWER_CELLS), "face": (len(INCIDENCE), POWER_CELLS)}
    for name, shape in shapes.items():
        if arrays[name].shape != shape or arrays[name].dtype != np.bool_:
            raise ValueError(f"{name} is no grid")
    curves = []
    for name in ("shift", "scale"):
        names = tuple(about[name])
        knots, values = arrays[f"{name}_knots"], arrays[f"{name}_values"]
        if not set(names) <= KNOTS.keys() or knots.shape != values.shape or len(knots) != len(names):
            raise ValueError(f"{name} is no set of curves")
        if not (np.all(np.isfinite(values)) and np.all(np.diff(knots, axis=1) > 0)):
            raise ValueError(f"{name} has broken curves")
        curves.append(Curves(names, knots, values))
    numbers = [float(about[key]) for key in ("low", "high", "cap", "spread")]
    low, high, cap, spread = numbers
    if not all(map(math.isfinite, numbers)) or not (0.0 <= cap <= CAP and low <= high and spread >= 0.0):
        raise ValueError("numbers out of range")
    kind = about["kind"]
    if kind not in ("plant", "transfer"):
        raise ValueError(f"kind {kind}")
    coldest, warmest = (np.nan if about[key] is None else float(about[key]) for key in ("coldest", "warmest"))
    domain = Domain(arrays["sky"], arrays["face"], coldest, warmest)
    shift, scale = curves
    neutral, card = bool(about["neutral"]), dict(about["card"])
    return Model(about["id"], kind, shift, scale, low, high, domain, neutral, cap, spread, card)
