# make run    everything needed, then http://127.0.0.1:8000 (PORT= and DATA= choose others)
# make test   everything needed, then style, layers, types and all tests (ARGS= to pytest alone)
# make lint   style, layers, types and templates
# make pictures   takes the pictures of the help pages from the running system
# make mutations  removes or bends each rule of the policy: a test must fail (an hour; ARGS=--help)
# make by-hand    runs what docker-compose.yml runs, without containers, and tries it (minutes)
# make kills      kills the whole system at random under load (ten minutes; CIMIC_KILLS=300)
# make bench  measures pages, deeds, exports and proof over RECORDS= (10,000) (ARGS=--help)
# make fix    ruff puts the code in order
# make clean  forgets the virtual environment and caches; the data in var/ stays
.PHONY: run test lint pictures mutations by-hand kills bench fix clean

PORT ?= 8000
DATA ?=
export PORT
ifneq ($(strip $(DATA)),)
export CIMIC_DATA := $(abspath $(DATA))
endif

run:
	@exec python3 cimic/bootstrap.py run

test:
	@exec python3 cimic/bootstrap.py test $(ARGS)

lint:
	@exec python3 cimic/bootstrap.py lint

pictures:
	@.venv/bin/python -m tests.pictures

mutations:
	@.venv/bin/python -m tests.mutations $(ARGS)

by-hand:
	@.venv/bin/python -m tests.by_hand

kills:
	@CIMIC_KILLS=$${CIMIC_KILLS:-220} .venv/bin/python -m pytest tests/test_kills.py -q -s -n 0

RECORDS ?= 10000

bench:
	@.venv/bin/python bench/run.py --records $(RECORDS) $(if $(DATA),--data $(abspath $(DATA))) $(ARGS)

fix:
	@.venv/bin/ruff check --fix . && .venv/bin/ruff format .

clean:
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
