-- Streams of other backends are numbered by them, and a channel that appears again comes with a number that was there.
DROP INDEX event_by_stream;
CREATE INDEX event_by_stream ON event (stream, seq);

-- The other backends that are told what happens in a server: those of its members, or the owner of a replica.
CREATE TABLE server_remote (
    server_id BLOB NOT NULL REFERENCES server (id) ON DELETE CASCADE,
    home TEXT NOT NULL,
    members INTEGER NOT NULL,
    PRIMARY KEY (server_id, home)
) STRICT, WITHOUT ROWID;
CREATE INDEX server_by_home ON server (home);

-- The stream to another backend, and what is in it that the other has not applied.
CREATE TABLE outbound (
    home TEXT PRIMARY KEY,
    stream BLOB NOT NULL,
    last INTEGER NOT NULL,
    acknowledged INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE outbound_event (
    home TEXT NOT NULL,
    seq INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (home, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbound_event_by_position ON outbound_event (position);

-- How far the stream of another backend was applied.
CREATE TABLE inbound (
    home TEXT PRIMARY KEY,
    stream BLOB NOT NULL,
    seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Users of this backend who asked another to let them in: nobody else is shown as a member of its servers.
CREATE TABLE join_intent (
    user_id BLOB NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    home TEXT NOT NULL,
    PRIMARY KEY (user_id, home)
) STRICT, WITHOUT ROWID;

CREATE TABLE dead_letter (
    home TEXT NOT NULL,
    seq INTEGER NOT NULL,
    error TEXT NOT NULL,
    entry BLOB NOT NULL,
    received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX dead_letter_by_time ON dead_letter (received_at);
CREATE INDEX dead_letter_by_home ON dead_letter (home, received_at);

-- Users of other backends, as they were when last heard of.
CREATE TABLE remote_user (
    id BLOB NOT NULL,
    home TEXT NOT NULL,
    username TEXT NOT NULL,
    display_name TEXT,
    display_name_folded TEXT,
    bio TEXT,
    deleted INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (id, home)
) STRICT, WITHOUT ROWID;
