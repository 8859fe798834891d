"""How far a surface's year may be off because receivers, suns and patches are few, told from the bits themselves.

    evidence.py   what a cell's bits show: how much light changes from one receiver, node or patch to the next
    percent.py    what that is worth as a standard uncertainty: measured scales, and the geometry's judged share

No ray is traced. The scales are measured against a fine reference by `heliotwin validate --only uncertainty`
(twin/validate/uncertainty.py); docs/uncertainty.md has the figures. The weather and the sky model are not in it.
"""
