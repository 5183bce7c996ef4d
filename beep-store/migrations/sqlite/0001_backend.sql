-- Times are milliseconds since 1970 and permissions are bits. `…_home` is the domain that owns the id beside it.

CREATE TABLE backend (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    domain TEXT NOT NULL
) STRICT;

CREATE TABLE account (
    id BLOB PRIMARY KEY,
    username TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL UNIQUE,
    display_name TEXT,
    display_name_folded TEXT,
    bio TEXT,
    first_name TEXT,
    last_name TEXT,
    password_hash TEXT NOT NULL,
    activated INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE mail_code (
    user_id BLOB NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    purpose INTEGER NOT NULL,
    hash BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    attempts_left INTEGER NOT NULL,
    PRIMARY KEY (user_id, purpose)
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    id BLOB PRIMARY KEY,
    user_id BLOB NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    label TEXT,
    address TEXT,
    persist INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    revoked_at INTEGER,
    current_hash BLOB NOT NULL,
    previous_hash BLOB,
    rotation_nonce BLOB NOT NULL,
    rotated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_user ON session (user_id);
CREATE INDEX session_by_revocation ON session (revoked_at) WHERE revoked_at IS NOT NULL;

CREATE TABLE secret_key (
    id BLOB PRIMARY KEY,
    purpose INTEGER NOT NULL,
    secret BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE claim (
    caller_id BLOB NOT NULL,
    caller_home TEXT NOT NULL,
    key TEXT NOT NULL,
    route TEXT NOT NULL,
    claimed_at INTEGER NOT NULL,
    status INTEGER,
    body BLOB,
    PRIMARY KEY (caller_id, caller_home, key, route)
) STRICT, WITHOUT ROWID;
CREATE INDEX claim_by_age ON claim (claimed_at);

CREATE TABLE server (
    id BLOB PRIMARY KEY,
    home TEXT NOT NULL,
    name TEXT NOT NULL,
    name_folded TEXT NOT NULL,
    description TEXT NOT NULL,
    description_folded TEXT NOT NULL,
    visibility INTEGER NOT NULL,
    owner_id BLOB NOT NULL,
    owner_home TEXT NOT NULL,
    member_count INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX server_public ON server (id) WHERE visibility = 0;

CREATE TABLE role (
    server_id BLOB NOT NULL REFERENCES server (id) ON DELETE CASCADE,
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    color INTEGER,
    position INTEGER NOT NULL,
    permissions INTEGER NOT NULL,
    everyone INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (server_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE channel (
    id BLOB PRIMARY KEY,
    home TEXT NOT NULL,
    server_id BLOB NOT NULL REFERENCES server (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    topic TEXT NOT NULL,
    position INTEGER NOT NULL,
    slow_mode_s INTEGER NOT NULL,
    version INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX channel_by_server ON channel (server_id);

-- `target_kind` is 0 for a role, which has no home, and 1 for a member.
CREATE TABLE channel_override (
    channel_id BLOB NOT NULL REFERENCES channel (id) ON DELETE CASCADE,
    target_kind INTEGER NOT NULL,
    target_id BLOB NOT NULL,
    target_home TEXT NOT NULL,
    allow INTEGER NOT NULL,
    deny INTEGER NOT NULL,
    PRIMARY KEY (channel_id, target_kind, target_id, target_home)
) STRICT, WITHOUT ROWID;

CREATE TABLE member (
    server_id BLOB NOT NULL REFERENCES server (id) ON DELETE CASCADE,
    user_id BLOB NOT NULL,
    user_home TEXT NOT NULL,
    nickname TEXT,
    nickname_folded TEXT,
    joined_at INTEGER NOT NULL,
    muted_until INTEGER,
    PRIMARY KEY (server_id, user_id, user_home)
) STRICT, WITHOUT ROWID;
CREATE INDEX member_by_user ON member (user_id, user_home, server_id);

CREATE TABLE member_role (
    server_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    user_home TEXT NOT NULL,
    role_id BLOB NOT NULL,
    PRIMARY KEY (server_id, user_id, user_home, role_id),
    FOREIGN KEY (server_id, user_id, user_home) REFERENCES member (server_id, user_id, user_home) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX member_role_by_role ON member_role (server_id, role_id);

CREATE TABLE invitation (
    id BLOB PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    server_id BLOB NOT NULL REFERENCES server (id) ON DELETE CASCADE,
    inviter_id BLOB NOT NULL,
    inviter_home TEXT NOT NULL,
    expires_at INTEGER,
    max_uses INTEGER,
    uses INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX invitation_by_server ON invitation (server_id, id);

-- No foreign key: it would be looked up for every message.
CREATE TABLE message (
    channel_id BLOB NOT NULL,
    id BLOB NOT NULL,
    author_id BLOB NOT NULL,
    author_home TEXT NOT NULL,
    content TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    edited_at INTEGER,
    reply_to BLOB,
    nonce TEXT,
    PRIMARY KEY (channel_id, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX message_by_nonce ON message (channel_id, author_id, author_home, nonce) WHERE nonce IS NOT NULL;

CREATE TABLE log (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id INTEGER NOT NULL,
    head INTEGER NOT NULL,
    kept_after INTEGER NOT NULL
) STRICT;

-- Streams outlive what they are of, and are numbered on for ever.
CREATE TABLE stream (
    id BLOB PRIMARY KEY,
    seq INTEGER NOT NULL,
    last_message BLOB
) STRICT, WITHOUT ROWID;

-- `stream_kind` is 0 for a channel, 1 for a server, 2 for a user; `stream_server` is the server of a channel.
CREATE TABLE event (
    position INTEGER PRIMARY KEY,
    stream BLOB NOT NULL,
    seq INTEGER NOT NULL,
    happened_at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    stream_kind INTEGER NOT NULL,
    stream_home TEXT NOT NULL,
    stream_server BLOB,
    data BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX event_by_stream ON event (stream, seq);

-- `scope` is a server or a user; `home` is empty for servers and users of this backend.
CREATE TABLE event_scope (
    scope BLOB NOT NULL,
    home TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (scope, home, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_scope_by_position ON event_scope (position);
