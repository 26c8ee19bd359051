# CIMIC's server: the same image serves the pages, works and beats (docker-compose.yml).
FROM python:3.11-slim-bookworm AS packages
WORKDIR /app
COPY requirements.lock .
RUN python -m venv .venv \
 && .venv/bin/pip install --no-cache-dir --disable-pip-version-check \
      --require-hashes --only-binary :all: -r requirements.lock

FROM python:3.11-slim-bookworm
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=cimic.settings CIMIC_DATA=/data
RUN groupadd --system --gid 10001 cimic \
 && useradd --system --uid 10001 --gid 10001 --home-dir /data --create-home cimic
WORKDIR /app
COPY --from=packages /app/.venv .venv
COPY manage.py .
COPY cimic cimic
COPY common common
COPY missions missions
COPY access access
COPY ledger ledger
COPY requests_app requests_app
COPY approvals approvals
COPY records records
COPY notices notices
COPY templates templates
COPY static static
COPY locale locale
RUN CIMIC_SECRET_KEY=none-is-kept CIMIC_DATA=/tmp python manage.py words
USER 10001:10001
VOLUME /data
EXPOSE 8000
# Worker and beat have checks of their own (docker-compose.yml).
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD \
  python -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/api/v1/health/', timeout=4)"
CMD ["gunicorn", "-c", "python:cimic.serving", "cimic.wsgi"]
