-- Clients' nonces begin with the time, so that what is sent at the same time lies together, and few pages are written.
DROP INDEX message_by_nonce;
CREATE UNIQUE INDEX message_by_nonce ON message (nonce, author_id, author_home, channel_id) WHERE nonce IS NOT NULL;

-- Numbers the transactions that wrote: who made the last one knows that nobody else has written since.
ALTER TABLE log ADD COLUMN commits BIGINT NOT NULL DEFAULT 0;
