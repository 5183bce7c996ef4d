-- Who left a server of another backend that has not heard of it yet. `key` is the name of the request that tells it.
CREATE TABLE pending_leave (
    home TEXT NOT NULL,
    server_id BLOB NOT NULL,
    user_id BLOB NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    PRIMARY KEY (home, server_id, user_id)
) STRICT, WITHOUT ROWID;

-- Whom somebody asked to be let in is compared with.
CREATE INDEX join_intent_by_home ON join_intent (home);
