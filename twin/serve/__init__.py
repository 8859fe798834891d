"""`heliotwin serve`: a finished job in the browser and over HTTP, and a planned building dropped into its city.

run.py starts it, app.py puts it together; served.py is the job in memory, api_*.py its questions, files.py what lies
there to be fetched. jobs.py and worker.py compute plans in a process of their own; settings.py, security.py, limits.py
and deadlines.py say who may ask for how much.
"""
