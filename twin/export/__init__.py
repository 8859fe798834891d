"""One format a file; each writes aside and renames, and the same input gives the same bytes."""
