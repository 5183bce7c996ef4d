CREATE TABLE ban (
    server_id UUID NOT NULL REFERENCES server (id) ON DELETE CASCADE,
    user_id UUID NOT NULL,
    user_home TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C",
    by_id UUID NOT NULL,
    by_home TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (server_id, user_id, user_home)
);

-- Only users of this backend hold global roles.
CREATE TABLE global_role (
    user_id UUID NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    role TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (user_id, role)
);

-- An invitation has a code or is for one person.
ALTER TABLE invitation ALTER COLUMN code DROP NOT NULL;
ALTER TABLE invitation ADD COLUMN user_id UUID;
ALTER TABLE invitation ADD COLUMN user_home TEXT COLLATE "C";
CREATE INDEX invitation_by_user ON invitation (user_id, user_home, id) WHERE user_id IS NOT NULL;
