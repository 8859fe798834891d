"""Light off walls, roofs and ground: what each receiver sees of it, kept as weights; all else is linear algebra.

    keys.py       what a reflector is: a piece of a surface, a ground cell, finer the nearer, or far ground
    trace.py      pass one: which reflectors a receiver sees, and how large (rays; met.py is its kernel)
    speakers.py   which receivers, in the cells around, speak for a reflector
    gather.py     pass two: what each of a cell's reflectors sees of sun and sky itself (mean_view.py is its kernel)
    bounces.py    further passes: what reflectors get off each other
    response.py   all put together: light off reflectors for each unit that sun and sky send

E¹ = E⁰ + F·diag(ρ)·A·E⁰ (docs/design/0016-reflections.md). A reflector is taken as diffuse and as evenly lit.
"""
