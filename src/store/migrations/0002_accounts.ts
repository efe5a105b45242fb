import { type Kysely, sql } from 'kysely';

/** Tables of the sign-in library. Names of tables are ours, names of columns are the library's. People belong to no organization. */
const statements = [
  `create table auth_user (
    "id" text primary key, "name" text not null, "email" text not null unique, "emailVerified" boolean not null default false, "image" text, "language" text,
    "twoFactorEnabled" boolean, "createdAt" timestamptz not null default now(), "updatedAt" timestamptz not null default now())`,
  `create table auth_session (
    "id" text primary key, "expiresAt" timestamptz not null, "token" text not null unique, "createdAt" timestamptz not null default now(), "updatedAt" timestamptz not null,
    "ipAddress" text, "userAgent" text, "userId" text not null references auth_user on delete cascade)`,
  `create index auth_session_user on auth_session ("userId")`,
  `create table auth_account (
    "id" text primary key, "accountId" text not null, "providerId" text not null, "userId" text not null references auth_user on delete cascade, "accessToken" text,
    "refreshToken" text, "idToken" text, "accessTokenExpiresAt" timestamptz, "refreshTokenExpiresAt" timestamptz, "scope" text, "password" text,
    "createdAt" timestamptz not null default now(), "updatedAt" timestamptz not null)`,
  `create index auth_account_user on auth_account ("userId")`,
  `create table auth_verification (
    "id" text primary key, "identifier" text not null, "value" text not null, "expiresAt" timestamptz not null, "createdAt" timestamptz not null default now(),
    "updatedAt" timestamptz not null default now())`,
  `create index auth_verification_identifier on auth_verification ("identifier")`,
  `create table auth_two_factor (
    "id" text primary key, "secret" text not null, "backupCodes" text not null, "userId" text not null references auth_user on delete cascade, "verified" boolean,
    "failedVerificationCount" int, "lockedUntil" timestamptz)`,
  `create index auth_two_factor_secret on auth_two_factor ("secret")`,
  `create index auth_two_factor_user on auth_two_factor ("userId")`,
  `create table auth_rate_limit ("id" text primary key, "key" text not null unique, "count" int not null, "lastRequest" bigint not null)`,
  `alter table member add foreign key (user_id) references auth_user on delete cascade`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
