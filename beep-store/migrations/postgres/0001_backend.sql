-- Times are milliseconds since 1970 and permissions are bits. `…_home` is the domain that owns the id beside it.

CREATE TABLE backend (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    domain TEXT COLLATE "C" NOT NULL
);

CREATE TABLE account (
    id UUID PRIMARY KEY,
    username TEXT COLLATE "C" NOT NULL UNIQUE,
    email TEXT COLLATE "C" NOT NULL UNIQUE,
    display_name TEXT COLLATE "C",
    display_name_folded TEXT COLLATE "C",
    bio TEXT COLLATE "C",
    first_name TEXT COLLATE "C",
    last_name TEXT COLLATE "C",
    password_hash TEXT COLLATE "C" NOT NULL,
    activated BOOLEAN NOT NULL,
    deleted BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    revision BIGINT NOT NULL
);

CREATE TABLE mail_code (
    user_id UUID NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    purpose BIGINT NOT NULL,
    hash BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    attempts_left BIGINT NOT NULL,
    PRIMARY KEY (user_id, purpose)
);

CREATE TABLE session (
    id UUID PRIMARY KEY,
    user_id UUID NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    label TEXT COLLATE "C",
    address TEXT COLLATE "C",
    persist BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    revoked_at BIGINT,
    current_hash BYTEA NOT NULL,
    previous_hash BYTEA,
    rotation_nonce BYTEA NOT NULL,
    rotated_at BIGINT NOT NULL
);
CREATE INDEX session_by_user ON session (user_id);
CREATE INDEX session_by_revocation ON session (revoked_at) WHERE revoked_at IS NOT NULL;

CREATE TABLE secret_key (
    id UUID PRIMARY KEY,
    purpose BIGINT NOT NULL,
    secret BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE claim (
    caller_id UUID NOT NULL,
    caller_home TEXT COLLATE "C" NOT NULL,
    key TEXT COLLATE "C" NOT NULL,
    route TEXT COLLATE "C" NOT NULL,
    claimed_at BIGINT NOT NULL,
    status BIGINT,
    body BYTEA,
    PRIMARY KEY (caller_id, caller_home, key, route)
);
CREATE INDEX claim_by_age ON claim (claimed_at);

CREATE TABLE server (
    id UUID PRIMARY KEY,
    home TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    name_folded TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C" NOT NULL,
    description_folded TEXT COLLATE "C" NOT NULL,
    visibility BIGINT NOT NULL,
    owner_id UUID NOT NULL,
    owner_home TEXT COLLATE "C" NOT NULL,
    member_count BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    revision BIGINT NOT NULL
);
CREATE INDEX server_public ON server (id) WHERE visibility = 0;

CREATE TABLE role (
    server_id UUID NOT NULL REFERENCES server (id) ON DELETE CASCADE,
    id UUID NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    color BIGINT,
    position BIGINT NOT NULL,
    permissions BIGINT NOT NULL,
    everyone BOOLEAN NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (server_id, id)
);

CREATE TABLE channel (
    id UUID PRIMARY KEY,
    home TEXT COLLATE "C" NOT NULL,
    server_id UUID NOT NULL REFERENCES server (id) ON DELETE CASCADE,
    name TEXT COLLATE "C" NOT NULL,
    topic TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    slow_mode_s BIGINT NOT NULL,
    version BIGINT NOT NULL
);
CREATE INDEX channel_by_server ON channel (server_id);

-- `target_kind` is 0 for a role, which has no home, and 1 for a member.
CREATE TABLE channel_override (
    channel_id UUID NOT NULL REFERENCES channel (id) ON DELETE CASCADE,
    target_kind BIGINT NOT NULL,
    target_id UUID NOT NULL,
    target_home TEXT COLLATE "C" NOT NULL,
    allow BIGINT NOT NULL,
    deny BIGINT NOT NULL,
    PRIMARY KEY (channel_id, target_kind, target_id, target_home)
);

CREATE TABLE member (
    server_id UUID NOT NULL REFERENCES server (id) ON DELETE CASCADE,
    user_id UUID NOT NULL,
    user_home TEXT COLLATE "C" NOT NULL,
    nickname TEXT COLLATE "C",
    nickname_folded TEXT COLLATE "C",
    joined_at BIGINT NOT NULL,
    muted_until BIGINT,
    PRIMARY KEY (server_id, user_id, user_home)
);
CREATE INDEX member_by_user ON member (user_id, user_home, server_id);

CREATE TABLE member_role (
    server_id UUID NOT NULL,
    user_id UUID NOT NULL,
    user_home TEXT COLLATE "C" NOT NULL,
    role_id UUID NOT NULL,
    PRIMARY KEY (server_id, user_id, user_home, role_id),
    FOREIGN KEY (server_id, user_id, user_home) REFERENCES member (server_id, user_id, user_home) ON DELETE CASCADE
);
CREATE INDEX member_role_by_role ON member_role (server_id, role_id);

CREATE TABLE invitation (
    id UUID PRIMARY KEY,
    code TEXT COLLATE "C" NOT NULL UNIQUE,
    server_id UUID NOT NULL REFERENCES server (id) ON DELETE CASCADE,
    inviter_id UUID NOT NULL,
    inviter_home TEXT COLLATE "C" NOT NULL,
    expires_at BIGINT,
    max_uses BIGINT,
    uses BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX invitation_by_server ON invitation (server_id, id);

-- No foreign key: it would be looked up for every message.
CREATE TABLE message (
    channel_id UUID NOT NULL,
    id UUID NOT NULL,
    author_id UUID NOT NULL,
    author_home TEXT COLLATE "C" NOT NULL,
    content TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    edited_at BIGINT,
    reply_to UUID,
    nonce TEXT COLLATE "C",
    PRIMARY KEY (channel_id, id)
);
CREATE UNIQUE INDEX message_by_nonce ON message (channel_id, author_id, author_home, nonce) WHERE nonce IS NOT NULL;

CREATE TABLE log (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    id BIGINT NOT NULL,
    head BIGINT NOT NULL,
    kept_after BIGINT NOT NULL
);

-- Streams outlive what they are of, and are numbered on for ever.
CREATE TABLE stream (
    id UUID PRIMARY KEY,
    seq BIGINT NOT NULL,
    last_message UUID
);

-- `stream_kind` is 0 for a channel, 1 for a server, 2 for a user; `stream_server` is the server of a channel.
CREATE TABLE event (
    position BIGINT PRIMARY KEY,
    stream UUID NOT NULL,
    seq BIGINT NOT NULL,
    happened_at BIGINT NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    stream_kind BIGINT NOT NULL,
    stream_home TEXT COLLATE "C" NOT NULL,
    stream_server UUID,
    data BYTEA NOT NULL
);
CREATE UNIQUE INDEX event_by_stream ON event (stream, seq);

-- `scope` is a server or a user; `home` is empty for servers and users of this backend.
CREATE TABLE event_scope (
    scope UUID NOT NULL,
    home TEXT COLLATE "C" NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (scope, home, position)
);
CREATE INDEX event_scope_by_position ON event_scope (position);
