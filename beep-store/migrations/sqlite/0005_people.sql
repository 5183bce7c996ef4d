CREATE TABLE ban (
    server_id BLOB NOT NULL REFERENCES server (id) ON DELETE CASCADE,
    user_id BLOB NOT NULL,
    user_home TEXT NOT NULL,
    reason TEXT,
    by_id BLOB NOT NULL,
    by_home TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (server_id, user_id, user_home)
) STRICT, WITHOUT ROWID;

-- Only users of this backend hold global roles.
CREATE TABLE global_role (
    user_id BLOB NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    PRIMARY KEY (user_id, role)
) STRICT, WITHOUT ROWID;

-- An invitation has a code or is for one person.
CREATE TABLE invitation_for_one (
    id BLOB PRIMARY KEY,
    code TEXT UNIQUE,
    server_id BLOB NOT NULL REFERENCES server (id) ON DELETE CASCADE,
    inviter_id BLOB NOT NULL,
    inviter_home TEXT NOT NULL,
    user_id BLOB,
    user_home TEXT,
    expires_at INTEGER,
    max_uses INTEGER,
    uses INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO invitation_for_one (id, code, server_id, inviter_id, inviter_home, expires_at, max_uses, uses, created_at)
SELECT id, code, server_id, inviter_id, inviter_home, expires_at, max_uses, uses, created_at FROM invitation;
DROP TABLE invitation;
ALTER TABLE invitation_for_one RENAME TO invitation;
CREATE INDEX invitation_by_server ON invitation (server_id, id);
CREATE INDEX invitation_by_user ON invitation (user_id, user_home, id) WHERE user_id IS NOT NULL;
