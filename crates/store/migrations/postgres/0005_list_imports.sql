-- Lists that became campaigns, by what was sent: the file and every setting. A list that is sent again within minutes was
-- probably sent twice, and everybody on it would be called twice.
CREATE TABLE list_imports (
  account_id     UUID NOT NULL REFERENCES accounts (id),
  content_hash   TEXT NOT NULL,
  campaign_id    UUID NOT NULL REFERENCES campaigns (id) ON DELETE CASCADE,   -- the latest of it
  created_at_ms  BIGINT NOT NULL,
  PRIMARY KEY (account_id, content_hash)
);
CREATE INDEX list_imports_campaign ON list_imports (campaign_id);
ALTER TABLE list_imports ENABLE ROW LEVEL SECURITY;
