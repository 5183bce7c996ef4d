-- Invitations of other backends to users of this one, as they were told.
CREATE TABLE remote_invitation (
    user_id UUID NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    server_id UUID NOT NULL,
    home TEXT COLLATE "C" NOT NULL,
    server_name TEXT COLLATE "C" NOT NULL,
    server_description TEXT COLLATE "C" NOT NULL,
    member_count BIGINT NOT NULL,
    inviter_id UUID NOT NULL,
    inviter_home TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, id)
);
CREATE INDEX remote_invitation_by_home ON remote_invitation (home, user_id, id);

CREATE INDEX invitation_by_home ON invitation (user_home, id) WHERE user_id IS NOT NULL;
