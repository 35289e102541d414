-- The foundation: account, assistants, campaigns, contacts, calls and their log.
--
-- Times are UTC milliseconds, money is integer micro-dollars, ids are UUIDv7. The views at the end show both as people
-- expect them. The Postgres file of the same name says the same; a test compares the two.

CREATE TABLE accounts (
  id                    BLOB PRIMARY KEY,
  name                  TEXT NOT NULL,
  line_cap              INTEGER NOT NULL CHECK (line_cap >= 1),  -- lines that all campaigns share
  learnt_lines          INTEGER,          -- how many the provider last allowed, when fewer
  learnt_until_ms       INTEGER,           -- until when that is believed
  dial_after_ms         INTEGER NOT NULL DEFAULT 0,   -- nothing is claimed before: the provider asked us to slow down
  refusals              INTEGER NOT NULL DEFAULT 0,  -- such refusals in a row
  last_webhook_at_ms    INTEGER,           -- coarse: tells whether webhooks arrive at all
  created_at_ms         INTEGER NOT NULL
) STRICT;

CREATE TABLE assistants (
  id                    BLOB PRIMARY KEY,
  name                  TEXT NOT NULL,
  source                TEXT NOT NULL CHECK (source IN ('local', 'imported', 'template')),
  provider              TEXT NOT NULL DEFAULT 'vapi',
  provider_assistant_id TEXT NOT NULL UNIQUE,
  config_json           TEXT NOT NULL,
  active                INTEGER NOT NULL DEFAULT 1,
  ephemeral             INTEGER NOT NULL DEFAULT 0,
  created_at_ms         INTEGER NOT NULL,
  updated_at_ms         INTEGER NOT NULL
) STRICT;

CREATE TABLE campaigns (
  id                BLOB PRIMARY KEY,
  account_id        BLOB NOT NULL REFERENCES accounts (id),
  name              TEXT NOT NULL,
  status            TEXT NOT NULL CHECK (status IN
                      ('CREATED', 'SCHEDULED', 'QUEUED', 'DIALING', 'RUNNING', 'PAUSED', 'COMPLETED', 'CANCELED', 'FAILED')),
  mode              TEXT NOT NULL CHECK (mode IN ('continuous', 'batch')),
  cap               INTEGER NOT NULL CHECK (cap BETWEEN 1 AND 50),
  priority          INTEGER NOT NULL DEFAULT 0,        -- higher goes first
  batch_size        INTEGER CHECK (batch_size >= 1),   -- in batch mode
  quiet_line_gate   INTEGER NOT NULL DEFAULT 0,    -- a new batch waits until no call is live on its number
  batch_index       INTEGER NOT NULL DEFAULT 0,        -- the batch being called
  assistant_id      BLOB NOT NULL REFERENCES assistants (id),
  phone_number_id   TEXT NOT NULL,                     -- the provider's id of the number we call from
  phone_number      TEXT,                              -- that number, for people
  pause_reason      TEXT,                              -- why it pauses, when not a person asked for it
  rows_read         INTEGER NOT NULL DEFAULT 0,
  rows_rejected     INTEGER NOT NULL DEFAULT 0,
  rows_duplicate    INTEGER NOT NULL DEFAULT 0,
  total_contacts    INTEGER NOT NULL DEFAULT 0,
  created_at_ms     INTEGER NOT NULL,
  queued_at_ms      INTEGER,                            -- Start was pressed
  started_at_ms     INTEGER,                            -- the provider accepted the first call
  completed_at_ms   INTEGER,
  updated_at_ms     INTEGER NOT NULL
) STRICT;
-- Newest first in the list.
CREATE INDEX campaigns_by_created ON campaigns (created_at_ms DESC, id);
-- The few campaigns that may dial now, whatever the number of old ones.
CREATE INDEX campaigns_dialling ON campaigns (account_id) WHERE status IN ('QUEUED', 'DIALING', 'RUNNING');

CREATE TABLE import_problems (
  campaign_id  BLOB NOT NULL REFERENCES campaigns (id),
  line         INTEGER NOT NULL,        -- where the record begins in the file
  kind         TEXT NOT NULL CHECK (kind IN ('rejected', 'duplicate')),
  column_name  TEXT,
  value        TEXT,
  reason       TEXT NOT NULL,
  first_line   INTEGER,                 -- of a duplicate: the line it repeats
  PRIMARY KEY (campaign_id, line, kind)
) STRICT;

CREATE TABLE contacts (
  id               BLOB PRIMARY KEY,
  campaign_id      BLOB NOT NULL REFERENCES campaigns (id),
  position         INTEGER NOT NULL,    -- order in the list; new ones go last
  batch_index      INTEGER NOT NULL DEFAULT 0,
  line             INTEGER NOT NULL,    -- of the file
  name             TEXT NOT NULL,
  business_name    TEXT NOT NULL,
  phone            TEXT NOT NULL,      -- E.164
  extension        TEXT,
  variables        TEXT NOT NULL,     -- the list's other columns
  search_text      TEXT NOT NULL,      -- name, business and number in lower case: the databases disagree on lower()
  state            TEXT NOT NULL CHECK (state IN ('pending', 'calling', 'done', 'skipped')),
  eligible_at_ms   INTEGER NOT NULL DEFAULT 0,  -- pending: not before
  reason           TEXT,               -- pending: why it waits; skipped: why
  outcome          TEXT,               -- done: what came of it
  attempts         INTEGER NOT NULL DEFAULT 0, -- calls that the provider really tried
  refusals         INTEGER NOT NULL DEFAULT 0, -- certain refusals in a row
  last_call_id     BLOB,
  updated_at_ms    INTEGER NOT NULL,
  UNIQUE (campaign_id, phone),
  CHECK (phone LIKE '+%')
) STRICT;
-- The export walks through the list in its order and sorts nothing.
CREATE UNIQUE INDEX contacts_in_order ON contacts (campaign_id, position);
-- The claim takes the next contacts from here. It holds only contacts that are not final, so that its cost follows the
-- lines being filled and not the size of the campaign. Write `state = 'pending'` as a literal, or it does not serve.
CREATE INDEX contacts_pending ON contacts (campaign_id, batch_index, eligible_at_ms, position) WHERE state = 'pending';
-- Is anything left to do, and which batch is the present one.
CREATE INDEX contacts_open ON contacts (campaign_id, batch_index) WHERE state IN ('pending', 'calling');
-- Progress is counted from the index alone.
CREATE INDEX contacts_progress ON contacts (campaign_id, state, outcome);
-- The list shows the latest calls first, then the waiting contacts in their order. Call ids sort by time.
CREATE INDEX contacts_recent ON contacts (campaign_id, last_call_id DESC, position);

CREATE TABLE calls (
  id                 BLOB PRIMARY KEY,
  account_id         BLOB NOT NULL REFERENCES accounts (id),
  campaign_id        BLOB NOT NULL REFERENCES campaigns (id),
  contact_id         BLOB NOT NULL REFERENCES contacts (id),
  attempt            INTEGER NOT NULL,
  phone              TEXT NOT NULL,
  phone_number_id    TEXT NOT NULL,
  assistant_id       BLOB NOT NULL REFERENCES assistants (id),
  -- From here to `outcome`: the join of the call's facts. It can be rebuilt from call_events.
  dialling           TEXT NOT NULL CHECK (dialling IN
                       ('reserved', 'sent', 'unconfirmed', 'absent', 'refused', 'accepted')),
  status             TEXT NOT NULL CHECK (status IN
                       ('QUEUED', 'RINGING', 'IN_PROGRESS', 'TIMEOUT', 'ENDED', 'FAILED', 'CANCELED')),
  provider_call_id   TEXT UNIQUE,
  sent_at_ms         INTEGER,
  accepted_at_ms     INTEGER,
  ringing_at_ms      INTEGER,
  started_at_ms      INTEGER,
  ended_at_ms        INTEGER,
  ended_reason       TEXT,
  ended_message      TEXT,
  cost_usd_micros    INTEGER CHECK (cost_usd_micros >= 0),
  recording_url      TEXT,
  transcript         TEXT,
  messages_json      TEXT,               -- JSON, kept to the letter
  user_turns         INTEGER,
  summary            TEXT,
  structured_json    TEXT,               -- JSON, kept to the letter
  success_evaluation TEXT,
  control_url        TEXT,               -- a secret capability
  outcome            TEXT,
  -- From here on: what the engine keeps for itself.
  max_duration_ms    INTEGER NOT NULL,    -- the provider ends the call by itself after this long
  reserved_at_ms     INTEGER NOT NULL,
  dial_lease_ms      INTEGER NOT NULL,    -- reserved: another node may dial it after this moment
  last_heard_at_ms   INTEGER NOT NULL,    -- the last fact of any kind, also one that said nothing new
  asked_at_ms        INTEGER,             -- when the provider was last asked for this call by name
  absent_looks       INTEGER NOT NULL DEFAULT 0
) STRICT;
-- The open calls: all caps are counted from here.
CREATE INDEX calls_open ON calls (account_id, campaign_id, phone_number_id)
  WHERE status IN ('QUEUED', 'RINGING', 'IN_PROGRESS');
-- Never two live calls to one person, whatever the campaign: the database itself refuses.
CREATE UNIQUE INDEX calls_one_live_per_person ON calls (account_id, phone)
  WHERE status IN ('QUEUED', 'RINGING', 'IN_PROGRESS');
-- Whether a call ended lately: its analysis and recording come a while after it.
CREATE INDEX calls_ended ON calls (account_id, ended_at_ms) WHERE dialling = 'accepted';
CREATE INDEX calls_of_contact ON calls (contact_id, attempt);
-- Whether a call that ended lately still waits for its cost, which comes last.
CREATE INDEX calls_awaiting_cost ON calls (account_id, ended_at_ms)
  WHERE dialling = 'accepted' AND cost_usd_micros IS NULL;
-- Counts and spend come from the index alone.
CREATE INDEX calls_of_campaign ON calls (campaign_id, status, cost_usd_micros);

CREATE TABLE call_events (
  id              BLOB PRIMARY KEY,
  call_id         BLOB NOT NULL REFERENCES calls (id),
  campaign_id     BLOB NOT NULL,
  source          TEXT NOT NULL CHECK (source IN ('webhook', 'poll', 'dial', 'engine')),
  kind            TEXT NOT NULL,
  status          TEXT NOT NULL,      -- of the call, once this fact was joined
  says            TEXT NOT NULL,     -- what the fact adds to what is known: the call is rebuilt from these
  payload         TEXT,              -- the provider's own words
  at_ms           INTEGER NOT NULL,    -- when it happened
  created_at_ms   INTEGER NOT NULL,    -- when we recorded it
  fingerprint     INTEGER NOT NULL,    -- the same fact again has the same one
  UNIQUE (call_id, fingerprint)
) STRICT;
CREATE INDEX call_events_by_source ON call_events (campaign_id, source);

-- Guarantee "one log": nobody edits history.
CREATE TRIGGER call_events_no_update BEFORE UPDATE ON call_events
BEGIN SELECT RAISE(ABORT, 'call_events is append-only'); END;
-- REPLACE deletes without asking the trigger below.
CREATE TRIGGER call_events_no_replace BEFORE INSERT ON call_events
WHEN EXISTS (SELECT 1 FROM call_events e
             WHERE e.id = NEW.id OR (e.call_id = NEW.call_id AND e.fingerprint = NEW.fingerprint))
BEGIN SELECT RAISE(IGNORE); END;
CREATE TRIGGER call_events_no_delete BEFORE DELETE ON call_events
BEGIN SELECT RAISE(ABORT, 'call_events is append-only'); END;

-- Facts that belong to no call we know (yet), and messages we cannot read. Kept, never dropped.
CREATE TABLE stray_facts (
  id                BLOB PRIMARY KEY,
  provider_call_id  TEXT,
  kind              TEXT NOT NULL,
  says              TEXT,            -- absent when the message could not be read
  at_ms             INTEGER NOT NULL,
  body              TEXT NOT NULL,
  created_at_ms     INTEGER NOT NULL,
  matched_at_ms     INTEGER            -- when its call appeared and took it
) STRICT;
CREATE INDEX stray_facts_waiting ON stray_facts (provider_call_id) WHERE matched_at_ms IS NULL;

-- Whose turn it is: periodic duties that one node at a time does.
CREATE TABLE turns (
  duty        TEXT PRIMARY KEY,
  taken_at_ms INTEGER NOT NULL,           -- when a node last took its turn
  mark_ms     INTEGER NOT NULL DEFAULT 0   -- how far the last holder got
) STRICT;

INSERT INTO accounts (id, name, line_cap, created_at_ms)
  VALUES (X'01900000000070008000000000000001', 'default', 10, 0);

-- For people with a BI tool: the seeds' column names, timestamps and dollars.
CREATE VIEW reporting_campaigns AS
  SELECT lower(substr(hex(id),1,8)||'-'||substr(hex(id),9,4)||'-'||substr(hex(id),13,4)||'-'||substr(hex(id),17,4)||'-'||substr(hex(id),21)) AS id,
         name, status, mode, cap,
         lower(substr(hex(assistant_id),1,8)||'-'||substr(hex(assistant_id),9,4)||'-'||substr(hex(assistant_id),13,4)||'-'||substr(hex(assistant_id),17,4)||'-'||substr(hex(assistant_id),21)) AS assistant_id, phone_number_id, total_contacts,
         strftime('%Y-%m-%dT%H:%M:%fZ', created_at_ms / 1000.0, 'unixepoch') AS created_at,
         strftime('%Y-%m-%dT%H:%M:%fZ', started_at_ms / 1000.0, 'unixepoch') AS started_at,
         strftime('%Y-%m-%dT%H:%M:%fZ', completed_at_ms / 1000.0, 'unixepoch') AS completed_at
  FROM campaigns;
CREATE VIEW reporting_contacts AS
  SELECT lower(substr(hex(id),1,8)||'-'||substr(hex(id),9,4)||'-'||substr(hex(id),13,4)||'-'||substr(hex(id),17,4)||'-'||substr(hex(id),21)) AS id,
         lower(substr(hex(campaign_id),1,8)||'-'||substr(hex(campaign_id),9,4)||'-'||substr(hex(campaign_id),13,4)||'-'||substr(hex(campaign_id),17,4)||'-'||substr(hex(campaign_id),21)) AS campaign_id, name, business_name, phone, batch_index, state, outcome, attempts, reason,
         CASE WHEN state = 'pending' AND eligible_at_ms > 0 THEN strftime('%Y-%m-%dT%H:%M:%fZ', eligible_at_ms / 1000.0, 'unixepoch') END AS eligible_at
  FROM contacts;
CREATE VIEW reporting_calls AS
  SELECT lower(substr(hex(id),1,8)||'-'||substr(hex(id),9,4)||'-'||substr(hex(id),13,4)||'-'||substr(hex(id),17,4)||'-'||substr(hex(id),21)) AS id,
         lower(substr(hex(campaign_id),1,8)||'-'||substr(hex(campaign_id),9,4)||'-'||substr(hex(campaign_id),13,4)||'-'||substr(hex(campaign_id),17,4)||'-'||substr(hex(campaign_id),21)) AS campaign_id,
         lower(substr(hex(contact_id),1,8)||'-'||substr(hex(contact_id),9,4)||'-'||substr(hex(contact_id),13,4)||'-'||substr(hex(contact_id),17,4)||'-'||substr(hex(contact_id),21)) AS contact_id, provider_call_id, attempt, status, outcome,
         strftime('%Y-%m-%dT%H:%M:%fZ', started_at_ms / 1000.0, 'unixepoch') AS started_at,
         strftime('%Y-%m-%dT%H:%M:%fZ', ended_at_ms / 1000.0, 'unixepoch') AS ended_at,
         ended_reason, cost_usd_micros / 1000000.0 AS cost_usd, recording_url,
         messages_json AS transcript_json, success_evaluation,
         strftime('%Y-%m-%dT%H:%M:%fZ', last_heard_at_ms / 1000.0, 'unixepoch') AS last_status_at
  FROM calls;
