-- The Assistant Directory: assistants that the provider has not confirmed yet, their versions, the changes under way at
-- the provider, and which version a campaign and a call had.
--
-- SQLite cannot make a column optional, so the table is built anew. The migration runs with foreign keys off and checks
-- them itself.

CREATE TABLE assistants_anew (
  id                    BLOB PRIMARY KEY,
  name                  TEXT NOT NULL,
  search_text           TEXT NOT NULL,      -- the name in lower case: the databases disagree on lower()
  source                TEXT NOT NULL CHECK (source IN ('local', 'imported', 'template')),
  provider              TEXT NOT NULL DEFAULT 'vapi',
  provider_assistant_id TEXT UNIQUE,        -- none: a template, or one that the provider has not confirmed
  template_key          TEXT UNIQUE,        -- of a template: which one, so that it is seeded once
  config_json           TEXT NOT NULL,      -- what the provider holds, as of `version`
  version               INTEGER NOT NULL DEFAULT 1 CHECK (version >= 0),  -- 0: the provider has not confirmed any
  active                INTEGER NOT NULL DEFAULT 1,
  ephemeral             INTEGER NOT NULL DEFAULT 0,  -- made for one campaign, removed at the provider after it
  checked_at_ms         INTEGER,            -- when it was last compared with the provider's
  theirs_json           TEXT,               -- what the provider has instead, when that differs
  gone_at_ms            INTEGER,            -- when the provider was found not to have it any more
  removed_at_ms         INTEGER,            -- ephemeral: when we removed it at the provider
  deleted_at_ms         INTEGER,            -- a person took it out of the directory; campaigns still refer to it
  created_at_ms         INTEGER NOT NULL,
  updated_at_ms         INTEGER NOT NULL
) STRICT;
INSERT INTO assistants_anew (id, name, search_text, source, provider, provider_assistant_id, config_json, active,
                             ephemeral, created_at_ms, updated_at_ms)
  SELECT id, name, lower(name), source, provider, provider_assistant_id, config_json, active, ephemeral, created_at_ms,
         updated_at_ms FROM assistants;
DROP TABLE assistants;
ALTER TABLE assistants_anew RENAME TO assistants;
CREATE TEMP TABLE dangling (rows INTEGER CHECK (rows = 0));
INSERT INTO dangling SELECT COUNT(*) FROM pragma_foreign_key_check;
DROP TABLE dangling;

CREATE TABLE assistant_versions (
  assistant_id   BLOB NOT NULL REFERENCES assistants (id),
  version        INTEGER NOT NULL CHECK (version >= 1),
  name           TEXT NOT NULL,
  config_json    TEXT NOT NULL,
  origin         TEXT NOT NULL CHECK (origin IN
                   ('created', 'edited', 'imported', 'taken', 'pushed', 'restored', 'cloned', 'template')),
  author         TEXT NOT NULL,      -- who, as they said
  sent_at_ms     INTEGER NOT NULL,   -- when it left for the provider: from then on it may have spoken
  created_at_ms  INTEGER NOT NULL,   -- when it was known to be in force
  PRIMARY KEY (assistant_id, version)
) STRICT;
INSERT INTO assistant_versions (assistant_id, version, name, config_json, origin, author, sent_at_ms, created_at_ms)
  SELECT id, 1, name, config_json, 'imported', '', created_at_ms, updated_at_ms FROM assistants;

-- What we asked the provider to do with an assistant. The row is committed before the request leaves.
CREATE TABLE assistant_changes (
  id             BLOB PRIMARY KEY,
  assistant_id   BLOB NOT NULL REFERENCES assistants (id),
  kind           TEXT NOT NULL CHECK (kind IN ('create', 'update', 'remove')),
  state          TEXT NOT NULL CHECK (state IN ('sent', 'doubt', 'done', 'refused', 'lost', 'dismissed')),
  origin         TEXT NOT NULL,      -- of the version that it leads to
  author         TEXT NOT NULL,
  name           TEXT NOT NULL,      -- what people shall call it then
  config_json    TEXT NOT NULL,      -- what the provider shall hold then
  body_json      TEXT NOT NULL,      -- the request's body
  problem        TEXT,               -- what went wrong, for people
  looks          INTEGER NOT NULL DEFAULT 0,   -- how often the provider was asked whether it happened
  next_look_ms   INTEGER NOT NULL,   -- not before; until then the node that sends it is at work
  sent_at_ms     INTEGER NOT NULL,
  closed_at_ms   INTEGER
) STRICT;
-- One at a time: the database itself refuses a second.
CREATE UNIQUE INDEX assistant_changes_open ON assistant_changes (assistant_id) WHERE state IN ('sent', 'doubt');
CREATE INDEX assistant_changes_of ON assistant_changes (assistant_id, sent_at_ms);

ALTER TABLE campaigns ADD COLUMN kind TEXT NOT NULL DEFAULT 'list' CHECK (kind IN ('list', 'test'));
ALTER TABLE campaigns ADD COLUMN assistant_version INTEGER;  -- which one it started with
CREATE INDEX campaigns_of_assistant ON campaigns (assistant_id);
ALTER TABLE calls ADD COLUMN assistant_version INTEGER;      -- which one was in force when it was reserved

CREATE VIEW reporting_assistants AS
  SELECT lower(substr(hex(id),1,8)||'-'||substr(hex(id),9,4)||'-'||substr(hex(id),13,4)||'-'||substr(hex(id),17,4)||'-'||substr(hex(id),21)) AS id,
         name, source, provider, provider_assistant_id, version, active, ephemeral,
         strftime('%Y-%m-%dT%H:%M:%fZ', created_at_ms / 1000.0, 'unixepoch') AS created_at,
         strftime('%Y-%m-%dT%H:%M:%fZ', updated_at_ms / 1000.0, 'unixepoch') AS updated_at
  FROM assistants WHERE deleted_at_ms IS NULL;
