# The product in an image. The second stage has no compiler, no npm, no pip, no keys
# and no demo. tests/stack/test_image.py holds this file: there is no engine in the tests.

FROM python:3.11-slim-bookworm AS build

RUN apt-get update \
    && apt-get install --yes --no-install-recommends gcc libc6-dev libpq-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app

# Every download is held to its hash. psycopg2 is built here, against this libpq, with
# the setuptools of the base image: an isolated build would download one unchecked.
COPY requirements/production.lock requirements/build.lock requirements/
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --require-hashes \
        --requirement requirements/production.lock --wheel-dir /wheels \
    && python -m venv --without-pip /venv \
    && pip --python /venv/bin/python install --no-index --no-deps /wheels/*.whl \
    && pip install --no-cache-dir --require-hashes \
        --requirement requirements/build.lock --target /tools
ENV PATH=/venv/bin:$PATH

# What browsers load, the translations, and the hashed names of all of it.
COPY package.json package-lock.json designsystemet.config.json manage.py ./
COPY hanportal hanportal
COPY meters meters
COPY notifications notifications
COPY orders orders
COPY templates templates
RUN PYTHONPATH=/tools python -m hanportal.demo.setup --files-only \
    && rm -r hanportal/demo \
    && python manage.py collectstatic --no-input \
        --settings hanportal.settings.collecting \
    && python -m compileall -q hanportal meters notifications orders


FROM python:3.11-slim-bookworm

RUN apt-get update \
    && apt-get install --yes --no-install-recommends libpq5 \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin hanportal
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app/manage.py ./
COPY --from=build /app/hanportal hanportal
COPY --from=build /app/meters meters
COPY --from=build /app/notifications notifications
COPY --from=build /app/orders orders
COPY --from=build /app/templates templates
COPY --from=build /app/staticfiles staticfiles

# Only /tmp is written to, and nothing there is missed.
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    XDG_CACHE_HOME=/tmp/cache \
    DJANGO_SETTINGS_MODULE=hanportal.settings.production
USER 10001
EXPOSE 8000
# No access log: it would write what ours leaves out (docs/operations.md).
CMD ["gunicorn", "hanportal.wsgi:application", "--bind", "0.0.0.0:8000", \
     "--workers", "3", "--threads", "4", "--worker-tmp-dir", "/dev/shm", \
     "--graceful-timeout", "20", "--no-control-socket"]
