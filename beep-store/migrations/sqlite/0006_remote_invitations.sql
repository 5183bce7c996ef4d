-- Invitations of other backends to users of this one, as they were told.
CREATE TABLE remote_invitation (
    user_id BLOB NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    id BLOB NOT NULL,
    server_id BLOB NOT NULL,
    home TEXT NOT NULL,
    server_name TEXT NOT NULL,
    server_description TEXT NOT NULL,
    member_count INTEGER NOT NULL,
    inviter_id BLOB NOT NULL,
    inviter_home TEXT NOT NULL,
    expires_at INTEGER,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX remote_invitation_by_home ON remote_invitation (home, user_id, id);

CREATE INDEX invitation_by_home ON invitation (user_home, id) WHERE user_id IS NOT NULL;
