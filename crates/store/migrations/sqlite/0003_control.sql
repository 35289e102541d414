-- Campaigns under control: what a campaign allows, where people are, which numbers call, whom not to call, what was spent.

-- Lines kept free for other traffic, and how many calls may be placed in any one second.
ALTER TABLE accounts ADD COLUMN reserved_lines INTEGER NOT NULL DEFAULT 0 CHECK (reserved_lines >= 0);
ALTER TABLE accounts ADD COLUMN calls_per_second INTEGER CHECK (calls_per_second >= 1);

-- How many calls a number may have open at once. No row: as many as the account.
CREATE TABLE caller_numbers (
  account_id       BLOB NOT NULL REFERENCES accounts (id),
  phone_number_id  TEXT NOT NULL,           -- the provider's id
  cap              INTEGER CHECK (cap >= 1),
  updated_at_ms    INTEGER NOT NULL,
  PRIMARY KEY (account_id, phone_number_id)
) STRICT;

-- The numbers that a campaign calls from, in rotation.
CREATE TABLE campaign_numbers (
  campaign_id      BLOB NOT NULL REFERENCES campaigns (id),
  phone_number_id  TEXT NOT NULL,           -- the provider's id
  phone_number     TEXT,                    -- that number, for people
  position         INTEGER NOT NULL,
  placed           INTEGER NOT NULL DEFAULT 0,   -- calls reserved on it so far
  PRIMARY KEY (campaign_id, phone_number_id)
) STRICT;
INSERT INTO campaign_numbers (campaign_id, phone_number_id, phone_number, position)
  SELECT id, phone_number_id, phone_number, 0 FROM campaigns;

-- What a campaign allows: hours, limits, retries, consent, money. Every version is kept: calls refer to it.
CREATE TABLE policies (
  campaign_id    BLOB NOT NULL REFERENCES campaigns (id),
  version        INTEGER NOT NULL CHECK (version >= 1),
  policy         TEXT NOT NULL,             -- JSON
  author         TEXT NOT NULL,             -- who, as they said
  created_at_ms  INTEGER NOT NULL,
  PRIMARY KEY (campaign_id, version)
) STRICT;
-- Campaigns from before: the standard hours and limits, and one attempt each, as they were begun. Test calls: at any hour.
INSERT INTO policies (campaign_id, version, policy, author, created_at_ms)
  SELECT id, 1, CASE WHEN kind = 'test'
    THEN '{"hours":{"preset":"anytime","rule":{"week":{"monday":["00:00-24:00"],"tuesday":["00:00-24:00"],"wednesday":["00:00-24:00"],"thursday":["00:00-24:00"],"friday":["00:00-24:00"],"saturday":["00:00-24:00"],"sunday":["00:00-24:00"]}}},"limits":{"per_number_day":null,"per_number":null,"per_contact":null,"gap_ms":0,"gap_between_campaigns_ms":0},"callbacks":false,"retries":{"no_answer_ms":[],"busy_ms":[],"voicemail_ms":[],"failed_ms":[],"hung_up_ms":[],"silence_ms":[],"provider_error_ms":[]}}'
    ELSE '{"callbacks":false,"retries":{"no_answer_ms":[],"busy_ms":[],"voicemail_ms":[],"failed_ms":[],"hung_up_ms":[],"silence_ms":[],"provider_error_ms":[]}}' END, '', created_at_ms FROM campaigns;

-- The places that the people of a campaign are in: few, whatever the length of the list. Hours are decided per place.
CREATE TABLE campaign_places (
  campaign_id      BLOB NOT NULL REFERENCES campaigns (id),
  place            INTEGER NOT NULL,
  zones            TEXT NOT NULL,           -- IANA names, parted by commas; empty: unknown
  zone_evidence    TEXT NOT NULL,
  regions          TEXT NOT NULL,           -- ISO 3166-2, parted by commas
  region_evidence  TEXT NOT NULL,
  PRIMARY KEY (campaign_id, place)
) STRICT;

ALTER TABLE campaigns ADD COLUMN policy_version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE campaigns ADD COLUMN pause_kind TEXT
  CHECK (pause_kind IN ('person', 'account', 'breaker', 'budget', 'assistant'));
ALTER TABLE campaigns ADD COLUMN resumed_at_ms INTEGER;     -- failures before it do not count again
ALTER TABLE campaigns ADD COLUMN starts_at_ms INTEGER;      -- starts by itself then
ALTER TABLE campaigns ADD COLUMN expires_at_ms INTEGER;     -- nobody is called from then on
ALTER TABLE campaigns ADD COLUMN aborted_at_ms INTEGER;     -- live calls are being hung up since
ALTER TABLE campaigns ADD COLUMN archived_at_ms INTEGER;
ALTER TABLE campaigns ADD COLUMN alerted_at_ms INTEGER;     -- spending passed the soft limit then
ALTER TABLE campaigns ADD COLUMN cloned_from BLOB;
UPDATE campaigns SET pause_kind = CASE WHEN pause_reason IS NULL THEN 'person' ELSE 'account' END WHERE status = 'PAUSED';
DROP VIEW reporting_campaigns;
ALTER TABLE campaigns DROP COLUMN phone_number_id;
ALTER TABLE campaigns DROP COLUMN phone_number;

-- -1: where the contact is has not been looked up yet.
ALTER TABLE contacts ADD COLUMN place INTEGER NOT NULL DEFAULT -1;
ALTER TABLE contacts ADD COLUMN callback INTEGER NOT NULL DEFAULT 0;     -- pending: the person asked to be called then
ALTER TABLE contacts ADD COLUMN put_off INTEGER NOT NULL DEFAULT 0;      -- pending: waits for a rule of the policy in force, and is looked at anew when that changes
ALTER TABLE contacts ADD COLUMN ladder_base INTEGER NOT NULL DEFAULT 0;  -- calls that its ladder does not count: from before a redial
DROP INDEX contacts_pending;
-- The claim takes the next contacts from here, place by place. It holds only contacts that are not final, so that its
-- cost follows the lines being filled and not the size of the campaign. Write `state = 'pending'` as a literal.
CREATE INDEX contacts_pending ON contacts (campaign_id, batch_index, place, eligible_at_ms, position) WHERE state = 'pending';
-- Whoever asked to be called back goes first.
CREATE INDEX contacts_callbacks ON contacts (campaign_id, eligible_at_ms) WHERE state = 'pending' AND callback = TRUE;
-- What a migration still has to place.
CREATE INDEX contacts_unplaced ON contacts (campaign_id) WHERE place = -1 AND state IN ('pending', 'calling');
-- A number that must not be called any more is looked for in every campaign.
CREATE INDEX contacts_pending_by_phone ON contacts (phone) WHERE state = 'pending';

ALTER TABLE calls ADD COLUMN policy_version INTEGER;                     -- by which it was decided
ALTER TABLE calls ADD COLUMN held_usd_micros INTEGER NOT NULL DEFAULT 0; -- what it may cost at worst
ALTER TABLE calls ADD COLUMN opted_out INTEGER NOT NULL DEFAULT 0;   -- a fact: the person asked, by a tool, not to be called again
ALTER TABLE calls ADD COLUMN hangup_asked_at_ms INTEGER;                 -- when the provider was last asked to end it
ALTER TABLE calls ADD COLUMN hangup_problem TEXT;                        -- why that could not be
-- How often a number was called, whatever the campaign.
CREATE INDEX calls_by_number ON calls (account_id, phone, reserved_at_ms DESC);
-- How many calls were placed within the last second.
CREATE INDEX calls_by_reserved ON calls (account_id, reserved_at_ms);
-- Calls whose cost is not known yet: each holds its worst case.
CREATE INDEX calls_unsettled ON calls (campaign_id, held_usd_micros) WHERE cost_usd_micros IS NULL AND held_usd_micros > 0
    AND (outcome IS NULL OR outcome <> 'not_dialled');
-- What went wrong at the provider lately.
CREATE INDEX calls_ended_of_campaign ON calls (campaign_id, ended_at_ms) WHERE ended_at_ms IS NOT NULL;

-- What finished calls cost, one row a campaign and writer: no row that every fact of every node must touch.
CREATE TABLE campaign_costs (
  campaign_id       BLOB NOT NULL REFERENCES campaigns (id),
  shard             INTEGER NOT NULL,
  spent_usd_micros  INTEGER NOT NULL,
  PRIMARY KEY (campaign_id, shard)
) STRICT;
INSERT INTO campaign_costs (campaign_id, shard, spent_usd_micros)
  SELECT campaign_id, 0, SUM(cost_usd_micros) FROM calls WHERE cost_usd_micros IS NOT NULL GROUP BY campaign_id;

-- Whom not to call.
CREATE TABLE suppressions (
  id             BLOB PRIMARY KEY,
  account_id     BLOB NOT NULL REFERENCES accounts (id),
  campaign_id    BLOB REFERENCES campaigns (id),   -- none: everywhere
  kind           TEXT NOT NULL CHECK (kind IN ('exact', 'prefix')),
  number         TEXT NOT NULL CHECK (number LIKE '+%'),  -- E.164, or how such numbers begin
  source         TEXT NOT NULL CHECK (source IN ('person', 'list', 'call')),
  reason         TEXT,
  author         TEXT NOT NULL,                    -- who, as they said
  call_id        BLOB REFERENCES calls (id),       -- in which the person asked for it
  created_at_ms  INTEGER NOT NULL,
  expires_at_ms  INTEGER
) STRICT;
CREATE UNIQUE INDEX suppressions_everywhere ON suppressions (account_id, number, kind) WHERE campaign_id IS NULL;
CREATE UNIQUE INDEX suppressions_of_campaign ON suppressions (campaign_id, number, kind) WHERE campaign_id IS NOT NULL;
CREATE INDEX suppressions_by_number ON suppressions (account_id, number, kind);
CREATE INDEX suppressions_by_created ON suppressions (account_id, created_at_ms DESC, id);

CREATE VIEW reporting_campaigns AS
  SELECT lower(substr(hex(id),1,8)||'-'||substr(hex(id),9,4)||'-'||substr(hex(id),13,4)||'-'||substr(hex(id),17,4)||'-'||substr(hex(id),21)) AS id,
         name, status, mode, cap,
         lower(substr(hex(assistant_id),1,8)||'-'||substr(hex(assistant_id),9,4)||'-'||substr(hex(assistant_id),13,4)||'-'||substr(hex(assistant_id),17,4)||'-'||substr(hex(assistant_id),21)) AS assistant_id,
         (SELECT n.phone_number_id FROM campaign_numbers n WHERE n.campaign_id = campaigns.id ORDER BY n.position LIMIT 1) AS phone_number_id,
         total_contacts,
         strftime('%Y-%m-%dT%H:%M:%fZ', created_at_ms / 1000.0, 'unixepoch') AS created_at,
         strftime('%Y-%m-%dT%H:%M:%fZ', started_at_ms / 1000.0, 'unixepoch') AS started_at,
         strftime('%Y-%m-%dT%H:%M:%fZ', completed_at_ms / 1000.0, 'unixepoch') AS completed_at
  FROM campaigns;
