#!/bin/sh
# Makes the secrets that docker-compose.yml hands to the containers, once; what is there stays.
#
#   sudo deploy/make-secrets.sh          into ./secrets, which root alone enters
#
# Keep a sealed copy of signing_key and secret_key elsewhere (docs/admin/lost-key.md).
set -eu
folder=${1:-secrets}
mkdir -p "$folder"
chmod 700 "$folder"
for name in secret_key signing_key superuser_password owner_password serving_password metrics_token; do
  if [ ! -e "$folder/$name" ]; then
    openssl rand -hex 32 | tr -d '\n' > "$folder/$name"
    echo "made $folder/$name"
  fi
  chmod 444 "$folder/$name" # the folder keeps others out; the container's user must read it
done
if [ ! -e "$folder/email_url" ]; then
  : > "$folder/email_url"
  echo "write the mail server's address into $folder/email_url, such as smtp+tls://user:password@mail.example:587"
fi
[ -e "$folder/oidc_client_secret" ] || : > "$folder/oidc_client_secret" # single sign-on, if any
chmod 444 "$folder/email_url" "$folder/oidc_client_secret"
