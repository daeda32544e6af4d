# `just` lists what can be done here. Without just: `uvx --from rust-just just`.

_list:
    @just --list --unsorted

# All that CI runs: lint, types, import contracts, tests.
check:
    .ci/run

# The tests, or those you name: just test tests/core -k lint
test *arguments:
    uv run pytest {{ arguments }}

# Reading beside markdown-it-py, and its worst cases (benchmarks/README.md).
bench *arguments:
    uv run python benchmarks/bench_reading.py {{ arguments }}

# Write the expected models and edits of tests/corpus anew; review the diff.
corpus-update:
    uv run python -m tests.core.gaps
    uv run python -m tests.core.edits

# Write docs/commands.md, the table of README.md and the expected replies anew, from the registry of verbs; review the diff.
commands-update:
    uv run python -m tests.commands

# Write docs/gapkeeper.schema.json anew, from the definition in bot/core/config.py; review the diff.
schema-update:
    uv run python -m tests.core.schema

# Feed the reader what a coverage-guided fuzzer finds, for a while (seconds).
fuzz seconds="60":
    uv run --with 'atheris; python_version < "3.14"' python tests/fuzz/fuzz_reading.py -max_len=4000 -len_control=0 -max_total_time={{ seconds }}

# How many deliveries and syncs a server takes here (docs/scaling.md): storm or drain, --database postgres, --workers 2.
bench-serving *arguments:
    uv run python benchmarks/bench_serving.py {{ arguments }}

# Look up what is locked in the advisory databases (needs the network); what cannot be looked up fails as well.
audit:
    mkdir -p .cache
    uv export --quiet --locked --all-extras --no-emit-project --output-file .cache/audit.txt
    uvx --from 'pip-audit>=2.9,<3' pip-audit --strict --require-hashes --disable-pip -r .cache/audit.txt

# Kill the server at every n-th of the places where it can die, on SQLite and PostgreSQL (all of them: more than an hour).
kill every="1":
    KILL_EVERY={{ every }} uv run pytest -n 0 tests/kill/test_kill.py

# Let people, faults and crashes play against the two-way sync, in new ways each time (10,000 runs take about an hour).
soak runs="10000":
    SEARCH=1 TWO_WAY_RUNS={{ runs }} uv run pytest tests/properties/test_two_way.py

# Break each guard of the two-way sync in a copy, and see its test go red (docs/guards.md).
guards *names:
    uv run python -m tests.guards {{ names }}
