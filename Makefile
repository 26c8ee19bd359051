# make run   everything needed, then http://127.0.0.1:8000 (PORT= and DATA= choose others)
# make test  everything needed, then style, layers, types and every test
.PHONY: run test fix clean

export PORT
DATA ?=
ifneq ($(DATA),)
export CIMIC_DATA := $(abspath $(DATA))
endif

run:
	@exec python3 cimic/bootstrap.py run

test:
	@exec python3 cimic/bootstrap.py test

fix: ## let ruff put the code in order
	@.venv/bin/python -m ruff check --fix . && .venv/bin/python -m ruff format .

clean: ## forget the virtual environment; the data in var/ stays
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache
