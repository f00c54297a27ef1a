# One image for web, worker, beat and migrate; docker-compose.yml says which is which.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 \
    PATH=/opt/venv/bin:$PATH STATIC_ROOT=/app/staticfiles BEAT_SCHEDULE=/tmp/beat XDG_CACHE_HOME=/tmp

# What PDF files need.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home ankommen

COPY requirements.lock /tmp/
RUN python -m venv /opt/venv && pip install --require-hashes -r /tmp/requirements.lock

WORKDIR /app
COPY . .
# Both need settings but neither database nor broker.
RUN export SECRET_KEY=build DATABASE_URL=postgres://build/build REDIS_URL=redis://build \
    && python manage.py messages --compile && python manage.py collectstatic --no-input

USER ankommen
EXPOSE 8000
CMD ["gunicorn", "-c", "python:config.gunicorn", "-b", "0.0.0.0:8000", "config.wsgi"]
