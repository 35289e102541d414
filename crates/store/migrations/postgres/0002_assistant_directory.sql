-- The Assistant Directory: assistants that the provider has not confirmed yet, their versions, the changes under way at
-- the provider, and which version a campaign and a call had. The SQLite file of the same name says the same.

ALTER TABLE assistants ALTER COLUMN provider_assistant_id DROP NOT NULL;  -- none: a template, or not confirmed yet
ALTER TABLE assistants
  ADD COLUMN search_text   TEXT,             -- the name in lower case: the databases disagree on lower()
  ADD COLUMN template_key  TEXT UNIQUE,      -- of a template: which one, so that it is seeded once
  ADD COLUMN version       INTEGER NOT NULL DEFAULT 1 CHECK (version >= 0),  -- 0: the provider has not confirmed any
  ADD COLUMN checked_at_ms BIGINT,           -- when it was last compared with the provider's
  ADD COLUMN theirs_json   JSONB,            -- what the provider has instead, when that differs
  ADD COLUMN gone_at_ms    BIGINT,           -- when the provider was found not to have it any more
  ADD COLUMN removed_at_ms BIGINT,           -- ephemeral: when we removed it at the provider
  ADD COLUMN deleted_at_ms BIGINT;           -- a person took it out of the directory; campaigns still refer to it
UPDATE assistants SET search_text = lower(name);
ALTER TABLE assistants ALTER COLUMN search_text SET NOT NULL;

CREATE TABLE assistant_versions (
  assistant_id   UUID NOT NULL REFERENCES assistants (id),
  version        INTEGER NOT NULL CHECK (version >= 1),
  name           TEXT NOT NULL,
  config_json    JSONB NOT NULL,
  origin         TEXT NOT NULL CHECK (origin IN
                   ('created', 'edited', 'imported', 'taken', 'pushed', 'restored', 'cloned', 'template')),
  author         TEXT NOT NULL,      -- who, as they said
  sent_at_ms     BIGINT NOT NULL,    -- when it left for the provider: from then on it may have spoken
  created_at_ms  BIGINT NOT NULL,    -- when it was known to be in force
  PRIMARY KEY (assistant_id, version)
);
INSERT INTO assistant_versions (assistant_id, version, name, config_json, origin, author, sent_at_ms, created_at_ms)
  SELECT id, 1, name, config_json, 'imported', '', created_at_ms, updated_at_ms FROM assistants;

-- What we asked the provider to do with an assistant. The row is committed before the request leaves.
CREATE TABLE assistant_changes (
  id             UUID PRIMARY KEY,
  assistant_id   UUID NOT NULL REFERENCES assistants (id),
  kind           TEXT NOT NULL CHECK (kind IN ('create', 'update', 'remove')),
  state          TEXT NOT NULL CHECK (state IN ('sent', 'doubt', 'done', 'refused', 'lost', 'dismissed')),
  origin         TEXT NOT NULL,      -- of the version that it leads to
  author         TEXT NOT NULL,
  name           TEXT NOT NULL,      -- what people shall call it then
  config_json    JSONB NOT NULL,     -- what the provider shall hold then
  body_json      JSONB NOT NULL,     -- the request's body
  problem        TEXT,               -- what went wrong, for people
  looks          INTEGER NOT NULL DEFAULT 0,   -- how often the provider was asked whether it happened
  next_look_ms   BIGINT NOT NULL,    -- not before; until then the node that sends it is at work
  sent_at_ms     BIGINT NOT NULL,
  closed_at_ms   BIGINT
);
-- One at a time: the database itself refuses a second.
CREATE UNIQUE INDEX assistant_changes_open ON assistant_changes (assistant_id) WHERE state IN ('sent', 'doubt');
CREATE INDEX assistant_changes_of ON assistant_changes (assistant_id, sent_at_ms);

ALTER TABLE campaigns
  ADD COLUMN kind TEXT NOT NULL DEFAULT 'list' CHECK (kind IN ('list', 'test')),
  ADD COLUMN assistant_version INTEGER;  -- which one it started with
CREATE INDEX campaigns_of_assistant ON campaigns (assistant_id);
ALTER TABLE calls ADD COLUMN assistant_version INTEGER;      -- which one was in force when it was reserved

CREATE VIEW reporting_assistants AS
  SELECT id, name, source, provider, provider_assistant_id, version, active, ephemeral,
         to_timestamp(created_at_ms / 1000.0) AS created_at,
         to_timestamp(updated_at_ms / 1000.0) AS updated_at
  FROM assistants WHERE deleted_at_ms IS NULL;

ALTER TABLE assistant_versions ENABLE ROW LEVEL SECURITY;
ALTER TABLE assistant_changes ENABLE ROW LEVEL SECURITY;
ALTER VIEW reporting_assistants SET (security_invoker = true);
