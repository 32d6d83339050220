#!/bin/bash
# Creates a role and a schema for each service in MISSIONS_SERVICES, with the password in <SERVICE>_DB_PASSWORD. The
# postgres image runs this script from docker-entrypoint-initdb.d, once, if the volume is empty. service.sql and audit.sql
# must lie outside of that folder, because the entry point would run them there by itself.
set -euo pipefail
for service in ${MISSIONS_SERVICES:-mission}; do
  variable="$(printf '%s' "$service" | tr '[:lower:]' '[:upper:]')_DB_PASSWORD"
  : "${!variable:?the password of the role $service}"
  psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    --set service="$service" --set password="${!variable}" --set script="${MISSIONS_SQL:-/missions/service.sql}" \
    --set audit="${MISSIONS_AUDIT_SQL:-/missions/audit.sql}" <<'SQL'
select set_config('missions.service', :'service', false), set_config('missions.password', :'password', false) \g /dev/null
\i :script
\i :audit
SQL
done
