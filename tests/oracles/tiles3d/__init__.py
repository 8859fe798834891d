"""A checker of 3D Tiles 1.0 and 1.1 written from the specifications, knowing nothing of the code that writes ours.

It reads every byte that a tileset names: the tree and its volumes, b3dm and glb, meshes and their feature ids, metadata
schemas and binary property tables, subtrees, packages. It imports numpy and the standard library only.

Sources: OGC 22-025r4 (3D Tiles 1.1), its 3D Metadata Specification, OGC 18-053r2 (3D Tiles 1.0), the glTF 2.0
specification, EXT_mesh_features and EXT_structural_metadata.
"""

from oracles.tiles3d.check import Check, check_tileset, run_check
from oracles.tiles3d.findings import Issue

__all__ = ["Check", "Issue", "check_tileset", "run_check"]
