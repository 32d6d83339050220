#!/bin/bash
# Runs in the postgres image's docker-entrypoint-initdb.d, once, on an empty volume: a role and a schema for each service
# that has a password in <SERVICE>_DB_PASSWORD. service.sql must lie beside the entry point's folder, not in it,
# or the entry point would run it by itself.
set -euo pipefail
for service in ${MISSIONS_SERVICES:-mission}; do
  variable="$(printf '%s' "$service" | tr '[:lower:]' '[:upper:]')_DB_PASSWORD"
  : "${!variable:?the password of the role $service}"
  psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set service="$service" --set password="${!variable}" --set script="${MISSIONS_SQL:-/missions/service.sql}" <<'SQL'
select set_config('missions.service', :'service', false), set_config('missions.password', :'password', false) \g /dev/null
\i :script
SQL
done
