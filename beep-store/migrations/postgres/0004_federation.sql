-- Streams of other backends are numbered by them, and a channel that appears again comes with a number that was there.
DROP INDEX event_by_stream;
CREATE INDEX event_by_stream ON event (stream, seq);

-- The other backends that are told what happens in a server: those of its members, or the owner of a replica.
CREATE TABLE server_remote (
    server_id UUID NOT NULL REFERENCES server (id) ON DELETE CASCADE,
    home TEXT COLLATE "C" NOT NULL,
    members BIGINT NOT NULL,
    PRIMARY KEY (server_id, home)
);
CREATE INDEX server_by_home ON server (home);

-- The stream to another backend, and what is in it that the other has not applied.
CREATE TABLE outbound (
    home TEXT COLLATE "C" PRIMARY KEY,
    stream UUID NOT NULL,
    last BIGINT NOT NULL,
    acknowledged BIGINT NOT NULL
);

CREATE TABLE outbound_event (
    home TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (home, seq)
);
CREATE INDEX outbound_event_by_position ON outbound_event (position);

-- How far the stream of another backend was applied.
CREATE TABLE inbound (
    home TEXT COLLATE "C" PRIMARY KEY,
    stream UUID NOT NULL,
    seq BIGINT NOT NULL
);

-- Users of this backend who asked another to let them in: nobody else is shown as a member of its servers.
CREATE TABLE join_intent (
    user_id UUID NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    home TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (user_id, home)
);

CREATE TABLE dead_letter (
    home TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    error TEXT COLLATE "C" NOT NULL,
    entry BYTEA NOT NULL,
    received_at BIGINT NOT NULL
);
CREATE INDEX dead_letter_by_time ON dead_letter (received_at);
CREATE INDEX dead_letter_by_home ON dead_letter (home, received_at);

-- Users of other backends, as they were when last heard of.
CREATE TABLE remote_user (
    id UUID NOT NULL,
    home TEXT COLLATE "C" NOT NULL,
    username TEXT COLLATE "C" NOT NULL,
    display_name TEXT COLLATE "C",
    display_name_folded TEXT COLLATE "C",
    bio TEXT COLLATE "C",
    deleted BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (id, home)
);
