#!/bin/sh
# Writes the configuration and who may connect into FOLDER, in memory, and becomes PgBouncer.
# Only the serving role connects this way: the owner, who migrates, goes to the database itself.
set -eu
umask 077
here=$(dirname "$0")
folder=${FOLDER:-/run/pgbouncer}
sed -e "s|@DATABASE_HOST@|${DATABASE_HOST:-postgres}|" \
    -e "s|@DATABASE_PORT@|${DATABASE_PORT:-5432}|" \
    -e "s|@LISTEN@|${LISTEN:-0.0.0.0}|" \
    -e "s|@PORT@|${PORT:-6432}|" \
    -e "s|@FOLDER@|$folder|" "$here/pgbouncer.ini" > "$folder/pgbouncer.ini"
printf '"cimic_app" "%s"\n' "$(cat "${PASSWORD_FILE:-/run/secrets/serving_password}")" > "$folder/users.txt"
exec pgbouncer -q "$folder/pgbouncer.ini"
