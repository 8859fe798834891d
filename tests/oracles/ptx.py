"""A small interpreter of PTX: runs a compiled CUDA kernel without a GPU, thread by thread.

Idea: each instruction becomes a line of Python on numpy float32, float64 and masked integers, each basic block a branch
of one loop. Every instruction rounds on its own; ``fma`` keeps the exact product of float32 numbers, so that what a
compiler fused shows up. It knows the instructions that the kernel of raytrace/cuda_kernel.py is made of and raises
KeyError or ValueError at others; float32 must live in registers %f, as compilers have it below compute capability 12.

Source: NVIDIA, Parallel Thread Execution ISA, section "Instruction Set".
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

STORED = {"f32": "<f4", "s32": "<i4", "u32": "<u4", "u64": "<u8", "u8": "u1"}
FLOAT = {"f32": "single", "f64": "double"}
SUM = {"add": "+", "sub": "-", "mul": "*", "and": "&", "or": "|", "xor": "^"}
COMPARED = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
STATEMENT = re.compile(r"^(?:@(!?)%(p\d+)\s+)?(\S+)\s*(.*)$")
ADDRESS = re.compile(r"^(?:(\{[^}]*\}|%\w+),\s*)?\[([%\w]+)\+?(-?\d+)?\](?:,\s*(\{[^}]*\}|\S+))?$")
LOCAL_BYTES = 4096
SEGMENT = 40
"""Bits of an address below the number of its array: arrays lie apart, and an index beyond one raises."""


class Launch(NamedTuple):
    """Where a thread stands: its place in the block, the block's in the grid, and the block's sizes."""

    thread: tuple[int, int]
    block: tuple[int, int]
    size: tuple[int, int]


class Memory:
    """Arrays by number; an address is the number, shifted, plus an offset in bytes."""

    def __init__(self) -> None:
        self.views: dict[tuple[int, str], npt.NDArray] = {}
        self.count = 0

    def add(self, array: npt.NDArray) -> int:
        """Address of a copy of the array."""
        self.count += 1
        data = np.zeros(array.nbytes + -array.nbytes % 8 + 8, np.uint8)
        data[: array.nbytes] = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
        for kind, dtype in STORED.items():
            self.views[self.count, kind] = data.view(dtype)
        return self.count << SEGMENT

    def load(self, kind: str, address: int) -> Any:
        view, index = self._place(kind, address)
        return view[index] if kind == "f32" else int(view[index])

    def store(self, kind: str, address: int, value: Any) -> None:
        view, index = self._place(kind, address)
        view[index] = value

    def _place(self, kind: str, address: int) -> tuple[npt.NDArray, int]:
        view = self.views[address >> SEGMENT, kind]
        index, rest = divmod(address % (1 << SEGMENT), view.itemsize)
        assert rest == 0, "an address that is not aligned"
        return view, index


def run(ptx: str, arrays: tuple[npt.NDArray, ...], launches: list[Launch]) -> npt.NDArray:
    """Runs the only kernel of a PTX text for the threads given; what its last array holds then.

    Each array is passed as Numba does: two pointers, size, item size, data, shape, strides.
    """
    memory, parameters = Memory(), []
    for array in arrays:
        address = memory.add(array)
        parameters += [0, 0, array.size, array.itemsize, address, *array.shape, *array.strides]
    last = arrays[-1]
    thread = translate(ptx)
    for launch in launches:
        local = memory.add(np.full(LOCAL_BYTES, 0xEE, np.uint8))  # not zero: a kernel must not rely on it
        thread(memory, parameters, local, launch)
        for kind in STORED:
            del memory.views[local >> SEGMENT, kind]
    data = memory.views[len(arrays), "u8"]
    return data[: last.nbytes].view(last.dtype).reshape(last.shape)


def translate(ptx: str) -> Callable[[Memory, list[int], int, Launch], None]:
    """The kernel as a Python function of one thread."""
    body = ptx[ptx.index(".visible .entry") :]
    body = re.sub(r"//[^\n]*", "", body[body.index("{") + 1 : body.rindex("}")])
    blocks: list[list[str]] = [[]]
    labels: dict[str, int] = {}
    for line in re.sub(r"(\$\w+:)", r"\1\n", body).splitlines():
        text = line.strip().rstrip(";").strip()
        if text.endswith(":"):
            labels[text[:-1]] = len(blocks)
            blocks.append([])
        elif text and not text.startswith("."):
            blocks[-1].append(text)
            if re.match(r"(@!?%p\d+\s+)?bra|ret", text):
                blocks.append([])
    lines = ["def thread(memory, PARAMETERS, LOCAL, at):", " SP = SPL = LOCAL", " block = 0", " while True:"]
    for number, block in enumerate(blocks):
        lines.append(f"  if block == {number}:")
        lines += [f"   {_line(text, labels)}" for text in block]
        lines.append(f"   block = {number + 1}")
    namespace: dict[str, Any] = {"single": np.float32, "double": np.float64, "signed": _signed, "inf": np.inf}
    exec(compile("\n".join(lines), "PTX", "exec"), namespace)  # the text comes from the compiler in this process
    return namespace["thread"]


def _signed(value: int, width: int) -> int:
    value &= (1 << width) - 1
    return value - (1 << width) if value >> (width - 1) else value


def _operand(text: str) -> str:
    """Register, constant or address as Python."""
    special = {"%tid": "thread", "%ctaid": "block", "%ntid": "size"}
    if text.startswith("0f"):
        return f"single({struct.unpack('>f', bytes.fromhex(text[2:]))[0]!r})"
    if text.startswith("0d"):
        return f"double({struct.unpack('>d', bytes.fromhex(text[2:]))[0]!r})"
    name, _, axis = text.partition(".")
    if name in special:
        return f"at.{special[name]}[{'xy'.index(axis)}]"
    if text.startswith("%"):
        return text[1:]
    return "LOCAL" if text == "__local_depot0" else str(int(text, 0))


def _as(text: str, kind: str) -> str:
    """An operand read as a kind: s64, u32, b64, f32, …"""
    if kind[0] == "f":
        return text
    width = int(kind[1:])
    return f"signed({text}, {width})" if kind[0] == "s" else f"(({text}) & {(1 << width) - 1})"


def _line(text: str, labels: dict[str, int]) -> str:
    """One instruction as one line of Python."""
    match = STATEMENT.match(text)
    assert match, text
    negated, predicate, operation, rest = match.groups()
    if operation in ("bra", "bra.uni"):
        jump = f"block = {labels[rest.strip()]}; continue"
        return f"if {'not ' if negated else ''}{predicate}: {jump}" if predicate else jump
    assert not predicate, text
    if operation == "ret":
        return "return"
    if operation.startswith("ld.param"):
        target, source = rest.split(",", 1)
        return f"{_operand(target)} = PARAMETERS[{re.findall(r'_param_([0-9]+)', source)[-1]}]"
    if operation.startswith(("ld.", "st.")):
        return _access(operation, rest)
    target, *sources = (_operand(part.strip()) for part in rest.split(","))
    return f"{target} = {_value(operation.split('.'), sources)}"


def _access(operation: str, rest: str) -> str:
    """Load or store, of one register or of a vector of them."""
    kind = operation.split(".")[-1]
    match = ADDRESS.match(rest)
    assert match, rest
    size = np.dtype(STORED[kind]).itemsize
    moves = []
    for i, register in enumerate((match[1] or match[4]).strip("{}").split(",")):
        place = f'"{kind}", {_operand(match[2])} + {int(match[3] or 0) + i * size}'
        name = _operand(register.strip())
        moves.append(f"{name} = memory.load({place})" if match[1] else f"memory.store({place}, {_as(name, kind)})")
    return "; ".join(moves)


def _value(parts: list[str], sources: list[str]) -> str:
    """What an instruction without side effects computes, as a Python expression."""
    name, kind = parts[0], parts[-1]
    if name == "cvt":
        goal, origin = (part for part in parts[1:] if part != "rn")
        return f"{FLOAT[goal]}({sources[0]})" if goal[0] == "f" else _as(_as(sources[0], origin), goal)
    if name == "mul" and parts[1] == "wide":
        return f"{_as(sources[0], kind)} * {_as(sources[1], kind)}"
    if name in ("shl", "shr"):
        return _as(f"{_as(sources[0], kind)} {'<<' if name == 'shl' else '>>'} min({_as(sources[1], 'u32')}, 64)", kind)
    if name == "selp":
        return f"{sources[0]} if {sources[2]} else {sources[1]}"
    if name == "setp":
        compared = f"{_as(sources[0], kind)} {COMPARED[parts[1][:2]]} {_as(sources[1], kind)}"
        unordered = kind[0] == "f" and len(parts[1]) == 3
        return (
            f"({compared}) or {sources[0]} != {sources[0]} or {sources[1]} != {sources[1]}" if unordered else compared
        )
    read = [source if kind == "pred" else _as(source, kind) for source in sources]
    if name == "fma":
        return f"{FLOAT[kind]}(double({read[0]}) * double({read[1]}) + double({read[2]}))"
    if name in SUM:
        whole = f"{read[0]} {SUM[name]} {read[1]}"
    else:
        whole = {
            "mov": read[0],
            "cvta": read[0],
            "neg": f"-{read[0]}",
            "not": f"~{read[0]}",
            "abs": f"abs({read[0]})",
            "min": f"min({', '.join(read)})",
            "max": f"max({', '.join(read)})",
            "rcp": f"single(1) / {read[0]}",
            "div": " / ".join(read),
            "bfind": f"32 - {read[0]}.bit_length() if {read[0]} else 0xFFFFFFFF",
            "brev": f"int(format({read[0]}, '032b')[::-1], 2)",
        }[name]
    return whole if kind[0] in "fp" else _as(whole, kind)
