"""Making the environment: Python packages, system libraries, front end, messages."""
