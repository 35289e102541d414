-- Open calls by their status, which is what all who look for them ask by. An index by account alone is as good in the
-- eyes of a planner as any other that begins so: that of SQLite took one over all calls that ever were.
DROP INDEX calls_open;
CREATE INDEX calls_open ON calls (account_id, status, campaign_id, phone_number_id)
  WHERE status IN ('QUEUED', 'RINGING', 'IN_PROGRESS');
