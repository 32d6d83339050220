-- Creates one service's role and schema in the connected database, and sets the role's password. The name and the
-- password are the session's settings missions.service and missions.password, because a DO block takes no parameters.
-- The script runs at every start; an existing role or schema stays.
--
-- The role creates its tables in its schema, may create nothing outside of it, and has no rights in any other schema, so
-- a service that reads another service's tables fails in the first test. audit.sql then takes the schema itself from the
-- role, which keeps its tables. The script needs a role that may create roles and schemas.
--
-- Roles belong to the whole server, and advisory locks to one database, so no lock can keep apart two concurrent runs
-- in two databases. One of the runs may fail (duplicate role, tuple concurrently updated); it changes nothing then,
-- and the caller repeats it.
do $$
declare
  service text := current_setting('missions.service');
  secret text := current_setting('missions.password');
  database text := current_database();
  owner text := (select pg_get_userbyid(datdba) from pg_database where datname = current_database());
begin
  -- Else `revoke` would only warn, and every role could go on connecting.
  if not pg_has_role(current_user, owner, 'usage') then
    raise exception 'the database % belongs to %, so % cannot set it up', database, owner, current_user
      using errcode = 'insufficient_privilege', hint = format('Call this as %s, or: alter database %I owner to %I', owner, database, current_user);
  end if;
  if not exists (select from pg_roles where rolname = service) then
    execute format('create role %I', service);
  end if;
  -- NOSUPERUSER and the like are not named: a new role has no attribute, and only a role with an attribute may name it.
  begin
    execute format('alter role %I login password %L', service, secret);
  exception when insufficient_privilege then
    raise exception 'the role % was made by another administrator, so % cannot set its password', service, current_user
      using errcode = 'insufficient_privilege', hint = format('Call this as that one, or as a superuser: grant %I to %I with admin option', service, current_user);
  end;

  -- By default, every role may connect and create temporary tables, and old servers let every role create in public.
  execute format('revoke all on database %I from public', database);
  execute format('grant connect on database %I to %I', database, service);
  revoke all on schema public from public;

  if not exists (select from pg_namespace where nspname = service) then
    -- Only a member of a role may create a schema for the role. An administrator that is no superuser is not a member
    -- yet.
    if not (select rolsuper from pg_roles where rolname = current_user) then
      execute format('grant %I to current_user', service);
    end if;
    execute format('create schema %I authorization %I', service, service);
  end if;
  execute format('alter role %I in database %I set search_path = %I', service, database, service);
end
$$;
