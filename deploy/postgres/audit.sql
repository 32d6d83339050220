-- Creates the audit record of one service in the connected database: the table audit_entries in the service's schema.
-- The service's name is the session's setting missions.service. The script runs at every set-up, after service.sql, and
-- changes nothing where the table exists.
--
-- The record is append-only for the service's own login. An owner can take back any REVOKE and drop the table, and so
-- can the owner of the schema. Both therefore belong to the administrator who runs this script; the service's role may
-- create further tables in the schema, and owns those. Of audit_entries it may select, and insert every column but the
-- time, which the server's clock gives. A trigger is the second wall: also the administrator deletes nothing that is
-- younger than 30 days, and changes nothing at all.
do $$
declare
  service text := current_setting('missions.service');
begin
  -- Two set-ups of one database at once: the second finds the table.
  perform pg_advisory_xact_lock(hashtextextended('audit ' || service, 0));

  -- Schemas of older versions belong to their service.
  if (select nspowner = service::regrole from pg_namespace where nspname = service) then
    if not (select rolsuper from pg_roles where rolname = current_user) then
      execute format('grant %I to current_user', service);
    end if;
    execute format('alter schema %I owner to current_user', service);
  end if;
  execute format('grant usage, create on schema %I to %I', service, service);

  if to_regclass(format('%I.audit_entries', service)) is not null then
    return;
  end if;
  perform set_config('search_path', quote_ident(service), true);

  create table audit_entries (
    id uuid primary key,
    at timestamptz(3) not null default clock_timestamp(),
    -- Empty: a deed that concerns every customer, or a refused call whose customer is not known.
    customer_id text not null,
    actor text not null constraint audit_entries_actor
      check (actor in ('user', 'agent_key', 'service_secret', 'operator', 'product', 'unknown')),
    user_id text,
    agent_id text,
    key_id text,
    operator text,
    action text not null,
    target_kind text not null,
    target_id text not null,
    mission_id text,
    address text,
    channel text not null,
    result text not null constraint audit_entries_result check (result in ('done', 'refused', 'failed', 'attempted')),
    code text,
    request_id text
  );
  create index audit_entries_at on audit_entries (at, id);
  create index audit_entries_of_customer on audit_entries (customer_id, at, id);
  create index audit_entries_of_mission on audit_entries (mission_id, at, id) where mission_id is not null;

  create function keep_audit_entries() returns trigger language plpgsql as $body$
  begin
    if tg_op = 'DELETE' then
      if old.at < now() - interval '30 days' then
        return old;
      end if;
      raise exception 'audit entries are kept for at least 30 days' using errcode = 'insufficient_privilege';
    end if;
    raise exception 'audit entries are append-only' using errcode = 'insufficient_privilege';
  end
  $body$;
  create trigger audit_entries_stay before update or delete on audit_entries
    for each row execute function keep_audit_entries();
  create trigger audit_entries_are_not_emptied before truncate on audit_entries
    for each statement execute function keep_audit_entries();

  execute format('revoke all on audit_entries from public, %I', service);
  execute format('grant select on audit_entries to %I', service);
  execute format(
    'grant insert (id, customer_id, actor, user_id, agent_id, key_id, operator, action, target_kind, target_id,
       mission_id, address, channel, result, code, request_id) on audit_entries to %I', service);
end
$$;
