"""The WSGI entry point that gunicorn serves."""

from django.core.wsgi import get_wsgi_application

# Importing the Celery application makes it the one that doorbells are rung on.
from hanportal.celery import app as celery_app

__all__ = ["application", "celery_app"]

application = get_wsgi_application()
