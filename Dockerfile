# The App in a container: SQLite in the volume /data, or PostgreSQL by GAPKEEPER_DATABASE_URL. No shell is needed at run time.
FROM python:3.11-slim AS build
COPY --from=ghcr.io/astral-sh/uv:0.9 /uv /usr/local/bin/uv
WORKDIR /app
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
COPY pyproject.toml uv.lock README.md ./
COPY bot ./bot
RUN uv sync --locked --no-dev --extra postgres --no-editable

FROM python:3.11-slim
COPY --from=build /app/.venv /app/.venv
RUN mkdir /data && chown 10001:10001 /data
USER 10001:10001
VOLUME /data
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 \
    GAPKEEPER_HOST=0.0.0.0 GAPKEEPER_DATABASE_URL=sqlite:////data/gapkeeper.db
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["gapkeeper"]
CMD ["serve"]
