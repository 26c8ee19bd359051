#!/bin/sh
# Run by the postgres image when its volume is new: deploy/roles.sql with the passwords given.
set -eu
psql --username "$POSTGRES_USER" \
  --set owner_password="$(cat "$CIMIC_OWNER_PASSWORD_FILE")" \
  --set serving_password="$(cat "$CIMIC_SERVING_PASSWORD_FILE")" \
  --file /deploy/roles.sql
