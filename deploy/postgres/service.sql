-- One service's role and schema, in the database one is connected to. Its name and password are read from the session's
-- settings missions.service and missions.password, because a DO block takes no parameters. Run again at every start:
-- what is there stays, and the password becomes the one given.
--
-- The role owns its schema, may create nothing outside of it, and holds no right in any other, so a service that
-- reads another's tables fails in the first test. Needs a role that may create roles and schemas.
--
-- Roles belong to the whole server, and advisory locks to one database: two runs at once, in two databases, can only be told
-- apart by one of them failing (duplicate role, tuple concurrently updated). It changes nothing then, and is run again.
do $$
declare
  service text := current_setting('missions.service');
  secret text := current_setting('missions.password');
  database text := current_database();
begin
  if not exists (select from pg_roles where rolname = service) then
    execute format('create role %I', service);
  end if;
  -- What it may not do is left unsaid: a new role may nothing, and to name an attribute takes having it.
  execute format('alter role %I login password %L', service, secret);

  -- Everybody may connect and make temporary tables by default, and old servers let everybody create in public.
  execute format('revoke all on database %I from public', database);
  execute format('grant connect on database %I to %I', database, service);
  revoke all on schema public from public;

  if not exists (select from pg_namespace where nspname = service) then
    -- Giving a schema to a role takes membership in it, which an administrator short of superuser lacks.
    if not (select rolsuper from pg_roles where rolname = current_user) then
      execute format('grant %I to current_user', service);
    end if;
    execute format('create schema %I authorization %I', service, service);
  end if;
  execute format('alter role %I in database %I set search_path = %I', service, database, service);
end
$$;
