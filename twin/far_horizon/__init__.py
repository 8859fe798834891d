"""The horizon beyond a job's near terrain: files of coarser terrain become one profile of elevations per cell."""
