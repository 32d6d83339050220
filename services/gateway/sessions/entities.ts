import { defineEntity, p } from '@mikro-orm/core';
import { closedOwnerTrigger } from '@missions/persistence/holdings/closed-owners.ts';

/** Where a user is signed in (specification section 5 "Signing in"). A copy of this table opens nothing. */
const UserSessionSchema = defineEntity({
  name: 'UserSession',
  tableName: 'user_session',
  triggers: [closedOwnerTrigger],
  properties: {
    /** Names the session to its user; the cookie holds another, secret id. */
    id: p.uuid().primary(),
    /** SHA-256 of the id in the cookie, which has 256 random bits. */
    hash: p.text().unique('user_session_hash_key'),
    customer_id: p.text(),
    user_id: p.text(),
    /** `code` or `oidc`. */
    via: p.text(),
    /** The provider's own session (`sid`), which it names when it signs the user out. */
    provider_sid: p.text().nullable(),
    /** The provider said so at the sign-in. */
    operator: p.boolean().default(false),
    created_at: p.datetime(3),
    /** Accurate to the minute: written at most once a minute. */
    last_seen_at: p.datetime(3),
    expires_at: p.datetime(3),
  },
  indexes: [
    { name: 'user_session_of_user', properties: ['user_id', 'customer_id'] },
    { name: 'user_session_of_provider', properties: ['provider_sid'] },
  ],
});
export class UserSession extends UserSessionSchema.class {}
UserSessionSchema.setClass(UserSession);

/** A one-time code that is not used yet. It is deleted when it is used. */
const SignInCodeSchema = defineEntity({
  name: 'SignInCode',
  tableName: 'sign_in_code',
  triggers: [closedOwnerTrigger],
  properties: {
    /** SHA-256 of the code, which has 128 random bits. */
    hash: p.text().primary(),
    customer_id: p.text(),
    user_id: p.text(),
    expires_at: p.datetime(3),
  },
});
export class SignInCode extends SignInCodeSchema.class {}
SignInCodeSchema.setClass(SignInCode);

/** What the identity provider said of a user at the last sign-in. */
const UserProfileSchema = defineEntity({
  name: 'UserProfile',
  tableName: 'user_profile',
  triggers: [closedOwnerTrigger],
  properties: {
    customer_id: p.text().primary(),
    user_id: p.text().primary(),
    name: p.text().nullable(),
    email: p.text().nullable(),
    email_confirmed: p.boolean(),
    time_zone: p.text().nullable(),
    locale: p.text().nullable(),
    updated_at: p.datetime(3),
  },
});
export class UserProfile extends UserProfileSchema.class {}
UserProfileSchema.setClass(UserProfile);
