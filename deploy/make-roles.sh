#!/bin/sh
# Run by the postgres image when its volume is new: deploy/roles.sql with the passwords given.
set -eu
psql --username "$POSTGRES_USER" \
  --set owner_password="$CIMIC_OWNER_PASSWORD" \
  --set serving_password="$CIMIC_SERVING_PASSWORD" \
  --file /deploy/roles.sql
