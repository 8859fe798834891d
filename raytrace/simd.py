"""Sixteen float32 lanes as one value inside Numba kernels.

Idea: Numba has no vector type, so three are declared here: ``Floats`` (16 × float32), ``Ints`` (16 × int32) and
``Mask`` (16 × one bit), each lowered to the LLVM vector of that name. LLVM then emits AVX-512, two AVX2 or four NEON
instructions, whatever the processor has; the source is the same. Kernels write ``a * b + c``, ``a < b``, ``m & n``.

Rules. Lanes never mix except in the functions that say so. Comparisons are ordered: with a NaN they are false.
``fma`` is fused where the processor fuses and rounds twice where it does not, so a kernel may rest nothing on its
last bit; the fast kernels decide only beyond an error bound that allows both (margins.py). No index is checked.
Arrays must be contiguous; offsets count elements of the array seen as flat.

Nothing here runs with the JIT switched off; ``AVAILABLE`` says whether vectors serve (else plain.py does).

Source: Numba manual, "Low-level extension API"; LLVM language reference. Oracle, lane by lane:
tests/raytrace/test_raytrace_simd.py.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import config
from numba.core import cgutils, types
from numba.core.codegen import get_host_cpu_features
from numba.extending import intrinsic, lower_builtin, models, register_model, type_callable

LANES = 16

_BIT, _WORD, _LONG, _FLOAT = ir.IntType(1), ir.IntType(32), ir.IntType(64), ir.FloatType()


def _vector_unit() -> bool:
    """True where LLVM compiles for a processor with 256-bit or Arm vectors; with SSE alone the plain loops serve."""
    if getattr(config, "DISABLE_JIT", False):
        return False
    asked = getattr(config, "CPU_FEATURES", None)  # "" where NUMBA_CPU_NAME is generic
    features = get_host_cpu_features() if asked is None else asked  # without AVX where NUMBA_ENABLE_AVX is 0
    return "+avx2" in features or "+neon" in features


AVAILABLE = _vector_unit()


class Vector(types.Type):
    """Numba type of one of the three vectors."""

    def __init__(self, name: str, element: ir.Type) -> None:
        self.element = element
        super().__init__(name=name)

    @property
    def llvm(self) -> ir.VectorType:
        """The LLVM vector."""
        return ir.VectorType(self.element, LANES)


FLOATS = Vector("Floats16", _FLOAT)
INTS = Vector("Ints16", _WORD)
MASK = Vector("Mask16", _BIT)


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, dmm: Any, vector: Vector) -> None:
        super().__init__(dmm, vector, vector.llvm)


# --- operators -------------------------------------------------------------------------------------------------


def _operator(symbol: Callable, left: Vector, right: Vector, result: Vector, emit: Callable) -> None:
    """Give an operator a meaning for two vectors; ``emit(builder, a, b)`` returns the LLVM value."""

    @type_callable(symbol)
    def typer(context: Any) -> Any:
        return lambda a, b: result if a == left and b == right else None

    @lower_builtin(symbol, left, right)
    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return emit(builder, *arguments)


_operator(operator.add, FLOATS, FLOATS, FLOATS, lambda b, x, y: b.fadd(x, y))
_operator(operator.iadd, FLOATS, FLOATS, FLOATS, lambda b, x, y: b.fadd(x, y))
_operator(operator.sub, FLOATS, FLOATS, FLOATS, lambda b, x, y: b.fsub(x, y))
_operator(operator.mul, FLOATS, FLOATS, FLOATS, lambda b, x, y: b.fmul(x, y))
_operator(operator.truediv, FLOATS, FLOATS, FLOATS, lambda b, x, y: b.fdiv(x, y))
_operator(operator.add, INTS, INTS, INTS, lambda b, x, y: b.add(x, y))
_operator(operator.lt, FLOATS, FLOATS, MASK, lambda b, x, y: b.fcmp_ordered("<", x, y))
_operator(operator.le, FLOATS, FLOATS, MASK, lambda b, x, y: b.fcmp_ordered("<=", x, y))
_operator(operator.gt, FLOATS, FLOATS, MASK, lambda b, x, y: b.fcmp_ordered(">", x, y))
_operator(operator.ge, FLOATS, FLOATS, MASK, lambda b, x, y: b.fcmp_ordered(">=", x, y))
_operator(operator.lt, INTS, INTS, MASK, lambda b, x, y: b.icmp_signed("<", x, y))
_operator(operator.eq, INTS, INTS, MASK, lambda b, x, y: b.icmp_signed("==", x, y))
_operator(operator.and_, MASK, MASK, MASK, lambda b, x, y: b.and_(x, y))
_operator(operator.iand, MASK, MASK, MASK, lambda b, x, y: b.and_(x, y))
_operator(operator.or_, MASK, MASK, MASK, lambda b, x, y: b.or_(x, y))


# --- lane by lane ----------------------------------------------------------------------------------------------


def _lane_function(result: Vector | None, emit: Callable, n: int) -> Callable:
    """Intrinsic of ``n`` vectors that works lane by lane; ``result`` None: the type of the last argument."""

    def of(signature: Any, generate: Callable) -> Any:
        return signature, generate

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return emit(builder, *arguments)

    if n == 1:
        return intrinsic(lambda typing, a: of((result or a)(a), lower))
    if n == 2:
        return intrinsic(lambda typing, a, b: of((result or b)(a, b), lower))
    return intrinsic(lambda typing, a, b, c: of((result or c)(a, b, c), lower))


def _call(builder: Any, name: str, result: ir.Type, arguments: list) -> Any:
    """Call an LLVM intrinsic by its full name."""
    function = ir.FunctionType(result, [argument.type for argument in arguments])
    return builder.call(cgutils.get_or_insert_function(builder.module, function, name), arguments)


fma = _lane_function(None, lambda b, x, y, z: _call(b, "llvm.fmuladd.v16f32", z.type, [x, y, z]), 3)
"""x · y + z."""
where = _lane_function(None, lambda b, mask, x, y: b.select(mask, x, y), 3)
"""x where the mask is set, else y."""
minimum = _lane_function(None, lambda b, x, y: b.select(b.fcmp_ordered("<", x, y), x, y), 2)
"""The smaller; y where either is NaN."""
maximum = _lane_function(None, lambda b, x, y: b.select(b.fcmp_ordered(">", x, y), x, y), 2)
"""The larger; y where either is NaN."""
absolute = _lane_function(None, lambda b, x: _call(b, "llvm.fabs.v16f32", x.type, [x]), 1)
root = _lane_function(None, lambda b, x: _call(b, "llvm.sqrt.v16f32", x.type, [x]), 1)
"""Square root, correctly rounded."""
negative = _lane_function(None, lambda b, x: b.fneg(x), 1)
inverted = _lane_function(MASK, lambda b, m: b.not_(m), 1)
"""The lanes that a mask leaves out."""


# --- memory ----------------------------------------------------------------------------------------------------


def _address(context: Any, builder: Any, array: Any, array_type: Any, offset: Any, offset_type: Any) -> Any:
    data = array
    if not isinstance(array_type, types.CPointer):
        data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [context.cast(builder, offset, offset_type, types.intp)])


def _spread(builder: Any, element: Any) -> Any:
    """All lanes equal to one element."""
    vector = ir.Constant(ir.VectorType(element.type, LANES), ir.Undefined)
    one = builder.insert_element(vector, element, ir.Constant(_WORD, 0))
    return builder.shuffle_vector(one, vector, ir.Constant(ir.VectorType(_WORD, LANES), [0] * LANES))


def _vector_of(array: Any) -> Vector:
    return FLOATS if array.dtype == types.float32 else INTS


@intrinsic
def pointer(typing, array):  # type: ignore[no-untyped-def]
    """Address of an array's first element; ``address[i]`` reads and writes. The caller keeps the array alive.

    Numba counts a reference each time an array is taken out of a tuple, some twenty cycles; an address costs none.
    """

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return context.make_array(signature.args[0])(context, builder, arguments[0]).data

    return types.CPointer(array.dtype)(array), generate


@intrinsic
def load(typing, array, offset):  # type: ignore[no-untyped-def]
    """Lanes array[offset:offset + 16] of a float32 or int32 array."""
    vector = _vector_of(array)

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        where_ = _address(context, builder, arguments[0], signature.args[0], arguments[1], signature.args[1])
        return builder.load(builder.bitcast(where_, vector.llvm.as_pointer()), align=4)

    return vector(array, offset), generate


@intrinsic
def store(typing, array, offset, value):  # type: ignore[no-untyped-def]
    """array[offset:offset + 16] = lanes."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        where_ = _address(context, builder, arguments[0], signature.args[0], arguments[1], signature.args[1])
        builder.store(arguments[2], builder.bitcast(where_, arguments[2].type.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(array, offset, value), generate


@intrinsic
def spread(typing, value):  # type: ignore[no-untyped-def]
    """All lanes equal to a scalar: a float gives Floats, an integer Ints."""
    vector, element = (FLOATS, types.float32) if isinstance(value, types.Float) else (INTS, types.int32)

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return _spread(builder, context.cast(builder, arguments[0], signature.args[0], element))

    return vector(value), generate


@intrinsic
def spread_at(typing, array, offset):  # type: ignore[no-untyped-def]
    """All lanes equal to array[offset] (float32)."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        where_ = _address(context, builder, arguments[0], signature.args[0], arguments[1], signature.args[1])
        return _spread(builder, builder.load(where_))

    return FLOATS(array, offset), generate


@intrinsic
def compress(typing, array, offset, value, mask):  # type: ignore[no-untyped-def]
    """Writes the lanes of a mask side by side from array[offset] on, and rubbish up to array[offset + 16]."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        lanes = arguments[2]
        kind = "f32" if signature.args[2] == FLOATS else "i32"
        rest = ir.Constant(lanes.type, ir.Undefined)
        packed = _call(builder, f"llvm.experimental.vector.compress.v16{kind}", lanes.type, [lanes, arguments[3], rest])
        where_ = _address(context, builder, arguments[0], signature.args[0], arguments[1], signature.args[1])
        builder.store(packed, builder.bitcast(where_, lanes.type.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(array, offset, value, mask), generate


# --- across lanes ----------------------------------------------------------------------------------------------


def _reduction(name: str) -> Callable:
    def reduce(typing, value):  # type: ignore[no-untyped-def]
        def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            return _call(builder, f"llvm.vector.reduce.{name}.v16f32", _FLOAT, [arguments[0]])

        return types.float32(value), generate

    return intrinsic(reduce)


lowest = _reduction("fmin")
"""Least lane, as a float32 scalar."""
highest = _reduction("fmax")
"""Greatest lane, as a float32 scalar."""


@intrinsic
def pattern(typing, mask):  # type: ignore[no-untyped-def]
    """The mask as an int64 in 0..65535, lane 0 in the lowest bit."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        return builder.zext(builder.bitcast(arguments[0], ir.IntType(LANES)), _LONG)

    return types.int64(mask), generate


@intrinsic
def mask_of(typing, lanes):  # type: ignore[no-untyped-def]
    """The mask of an integer's lowest 16 bits."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        whole = context.cast(builder, arguments[0], signature.args[0], types.int64)
        return builder.bitcast(builder.trunc(whole, ir.IntType(LANES)), MASK.llvm)

    return MASK(lanes), generate


@intrinsic
def join(typing, first, second, third, fourth):  # type: ignore[no-untyped-def]
    """Four masks side by side as a uint64, the first in the lowest 16 bits."""

    def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        whole = ir.Constant(_LONG, 0)
        for index, mask in enumerate(arguments):
            part = builder.zext(builder.bitcast(mask, ir.IntType(LANES)), _LONG)
            whole = builder.or_(whole, builder.shl(part, ir.Constant(_LONG, LANES * index)))
        return whole

    return types.uint64(first, second, third, fourth), generate


def _count_bits(name: str, more: list) -> Callable:
    def count(typing, value):  # type: ignore[no-untyped-def]
        def generate(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
            return _call(builder, f"llvm.{name}.i64", _LONG, [arguments[0], *more])

        return types.int64(value), generate

    return intrinsic(count)


set_bits = _count_bits("ctpop", [])
"""Number of set bits of a 64-bit integer."""
first_bit = _count_bits("cttz", [ir.Constant(_BIT, 1)])
"""Index of the lowest set bit of a 64-bit integer that is not 0."""
