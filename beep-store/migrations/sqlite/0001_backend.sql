-- Times are milliseconds since 1970 and permissions are bits. An `…origin` is the number of the domain that owns the id
-- beside it; the tables of a space have its `origin` in their keys, as every backend gives its own things ids as it likes.

CREATE TABLE backend (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    domain TEXT NOT NULL
) STRICT;

-- The domains of other backends. That of this one is 0, and is not in here. Where `met` is 0, only joins that were asked
-- for and bans name it, which may be of anything; it goes when none of them does.
CREATE TABLE origin (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    domain TEXT NOT NULL UNIQUE,
    met INTEGER NOT NULL
) STRICT;

-- Of a deleted one the row stays, with its id in place of names and address.
CREATE TABLE account (
    id BLOB PRIMARY KEY,
    username TEXT NOT NULL UNIQUE,
    mailbox TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL,
    display_name TEXT,
    display_name_folded TEXT,
    bio TEXT,
    first_name TEXT,
    last_name TEXT,
    password_hash TEXT NOT NULL,
    direct_from TEXT NOT NULL,
    deleted INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX account_by_display_name ON account (display_name_folded) WHERE display_name_folded IS NOT NULL;

-- Deleted accounts of which something is left to remove.
CREATE TABLE account_removal (
    user_id BLOB PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    deleted_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Only users of this backend hold global roles.
CREATE TABLE global_role (
    user_id BLOB NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    PRIMARY KEY (user_id, role)
) STRICT, WITHOUT ROWID;

-- Users of this backend and of others who may do nothing here.
CREATE TABLE suspension (
    user_id BLOB NOT NULL,
    user_origin INTEGER NOT NULL,
    until INTEGER NOT NULL,
    reason TEXT,
    by_id BLOB NOT NULL,
    by_origin INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, user_origin)
) STRICT, WITHOUT ROWID;
CREATE INDEX suspension_by_end ON suspension (until);

-- `target_kind` is 0 for a message, in the channel whose id is beside it, 1 for a user, 2 for a server. `state` is 0 for one that
-- is open, 1 for one that is claimed, 2 for one that is resolved.
CREATE TABLE report (
    id BLOB PRIMARY KEY,
    at INTEGER NOT NULL,
    by_id BLOB NOT NULL,
    by_origin INTEGER NOT NULL,
    target_kind INTEGER NOT NULL,
    target_id BLOB NOT NULL,
    target_origin INTEGER NOT NULL,
    channel_id BLOB,
    reason TEXT NOT NULL,
    comment TEXT,
    state INTEGER NOT NULL,
    claimed_by_id BLOB,
    claimed_by_origin INTEGER,
    action TEXT,
    note TEXT,
    resolved_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX report_by_state ON report (state, id);
CREATE INDEX report_by_author ON report (by_id, by_origin) WHERE state < 2;
CREATE INDEX report_by_end ON report (resolved_at) WHERE resolved_at IS NOT NULL;

-- A registration is no account yet: `user_id` is the one that it becomes.
CREATE TABLE registration (
    mailbox TEXT PRIMARY KEY,
    email TEXT NOT NULL,
    user_id BLOB NOT NULL,
    username TEXT NOT NULL,
    display_name TEXT,
    password_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX registration_by_username ON registration (username, created_at);
CREATE INDEX registration_by_age ON registration (created_at);

CREATE TABLE username_hold (
    username TEXT NOT NULL,
    holder BLOB NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (username, holder)
) STRICT, WITHOUT ROWID;
CREATE INDEX username_hold_by_holder ON username_hold (holder);
CREATE INDEX username_hold_by_end ON username_hold (until);

-- `user_id` is that of an account or of a registration. `attempts` has nine octets for each network that tried.
CREATE TABLE mail_code (
    user_id BLOB NOT NULL,
    purpose INTEGER NOT NULL,
    hash BLOB NOT NULL,
    expires_at INTEGER NOT NULL,
    attempts BLOB NOT NULL,
    PRIMARY KEY (user_id, purpose)
) STRICT, WITHOUT ROWID;
CREATE INDEX mail_code_by_end ON mail_code (expires_at);

-- The address that an account is to have, once its code is entered.
CREATE TABLE email_change (
    user_id BLOB PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    mailbox TEXT NOT NULL,
    email TEXT NOT NULL,
    asked_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX email_change_by_mailbox ON email_change (mailbox, asked_at);
CREATE INDEX email_change_by_age ON email_change (asked_at);

-- `last_step` is that of the last code of the authenticator app. `recovery` has 32 octets for each recovery code that is left: its
-- hash.
CREATE TABLE second_factor (
    user_id BLOB PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    secret BLOB NOT NULL,
    last_step INTEGER NOT NULL,
    recovery BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- A second factor that is on once its first code is entered.
CREATE TABLE second_factor_setup (
    user_id BLOB PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    session_id BLOB NOT NULL,
    secret BLOB NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX second_factor_setup_by_end ON second_factor_setup (expires_at);

-- `replaced` has 56 octets for each refresh secret that was replaced lately: its hash, a nonce, and when.
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
    replaced BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_user ON session (user_id);
CREATE INDEX session_by_use ON session (last_used_at);
CREATE INDEX session_by_revocation ON session (revoked_at) WHERE revoked_at IS NOT NULL;

CREATE TABLE secret_key (
    id BLOB PRIMARY KEY,
    purpose INTEGER NOT NULL,
    secret BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- An answer with a message keeps which one it was, and nothing of what it said.
CREATE TABLE idempotency_key (
    caller_id BLOB NOT NULL,
    caller_origin INTEGER NOT NULL,
    key TEXT NOT NULL,
    route TEXT NOT NULL,
    claimed_at INTEGER NOT NULL,
    status INTEGER,
    body BLOB,
    message_channel BLOB,
    message_origin INTEGER,
    message_id BLOB,
    PRIMARY KEY (caller_id, caller_origin, key, route)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_key_by_age ON idempotency_key (claimed_at);

-- `kind` is 0 for a community, 1 for a group, 2 for a direct conversation.
CREATE TABLE space (
    id BLOB NOT NULL,
    origin INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    visibility INTEGER NOT NULL,
    owner_id BLOB NOT NULL,
    owner_origin INTEGER NOT NULL,
    member_count INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    suspended_until INTEGER,
    revision INTEGER NOT NULL,
    PRIMARY KEY (id, origin)
) STRICT, WITHOUT ROWID;
CREATE INDEX space_public ON space (origin, (-member_count), id) WHERE visibility = 0;
CREATE INDEX space_by_origin ON space (origin, id);

-- The names and descriptions of public servers of this backend, in parts as nicknames are. `place` says where the best of them
-- stands: 0 begins the name, 1 a word of it, 2 is inside of one, 3 begins a word of the description, 4 is inside of one.
CREATE TABLE space_part (
    part TEXT NOT NULL,
    space_id BLOB NOT NULL,
    place INTEGER NOT NULL,
    PRIMARY KEY (part, space_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE role (
    space_id BLOB NOT NULL,
    origin INTEGER NOT NULL,
    id BLOB NOT NULL,
    name TEXT NOT NULL,
    color INTEGER,
    position INTEGER NOT NULL,
    permissions INTEGER NOT NULL,
    hoist INTEGER NOT NULL,
    mentionable INTEGER NOT NULL,
    everyone INTEGER NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (space_id, origin, id),
    FOREIGN KEY (space_id, origin) REFERENCES space (id, origin) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- `kind` is that of its space, or 3 for a category. `parent_id` may be of a category that is not kept, as of another backend's
-- that nobody here sees. `participants` are the ids of who takes part in a private conversation, in the order in which
-- they came, with a blank between two. `restricted` are those of restricted users, each with `=` and the time of its end.
CREATE TABLE channel (
    id BLOB NOT NULL,
    origin INTEGER NOT NULL,
    space_id BLOB NOT NULL,
    kind INTEGER NOT NULL,
    parent_id BLOB,
    follows_parent INTEGER NOT NULL,
    participants TEXT NOT NULL,
    name TEXT,
    topic TEXT NOT NULL,
    position INTEGER NOT NULL,
    slow_mode_s INTEGER NOT NULL,
    restricted TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (id, origin),
    FOREIGN KEY (space_id, origin) REFERENCES space (id, origin) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX channel_by_space ON channel (space_id, origin);

-- `target_kind` is 0 for a role, which has no origin of its own, and 1 for a member.
CREATE TABLE channel_override (
    channel_id BLOB NOT NULL,
    origin INTEGER NOT NULL,
    target_kind INTEGER NOT NULL,
    target_id BLOB NOT NULL,
    target_origin INTEGER NOT NULL,
    allow INTEGER NOT NULL,
    deny INTEGER NOT NULL,
    PRIMARY KEY (channel_id, origin, target_kind, target_id, target_origin),
    FOREIGN KEY (channel_id, origin) REFERENCES channel (id, origin) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE member (
    space_id BLOB NOT NULL,
    origin INTEGER NOT NULL,
    user_id BLOB NOT NULL,
    user_origin INTEGER NOT NULL,
    nickname TEXT,
    nickname_folded TEXT,
    joined_at INTEGER NOT NULL,
    muted_until INTEGER,
    restricted_until INTEGER,
    PRIMARY KEY (space_id, origin, user_id, user_origin),
    FOREIGN KEY (space_id, origin) REFERENCES space (id, origin) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX member_by_user ON member (user_id, user_origin, space_id, origin);
CREATE INDEX member_by_home ON member (space_id, origin, user_origin, user_id) WHERE user_origin <> 0;

-- The nicknames of members, in parts: from each character of a name on, as it is folded for search. Nobody's name contains what
-- no part begins with.
CREATE TABLE nickname_part (
    space_id BLOB NOT NULL,
    origin INTEGER NOT NULL,
    part TEXT NOT NULL,
    user_id BLOB NOT NULL,
    user_origin INTEGER NOT NULL,
    PRIMARY KEY (space_id, origin, part, user_id, user_origin),
    FOREIGN KEY (space_id, origin) REFERENCES space (id, origin) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TABLE member_role (
    space_id BLOB NOT NULL,
    origin INTEGER NOT NULL,
    user_id BLOB NOT NULL,
    user_origin INTEGER NOT NULL,
    role_id BLOB NOT NULL,
    PRIMARY KEY (space_id, origin, user_id, user_origin, role_id),
    FOREIGN KEY (space_id, origin, user_id, user_origin)
        REFERENCES member (space_id, origin, user_id, user_origin) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX member_role_by_role ON member_role (space_id, origin, role_id, user_origin);

-- Roles that are deleted, for as long as the log tells of it: who had one still has its row in `member_role`, so that what
-- they saw before can be worked out.
CREATE TABLE former_role (
    space_id BLOB NOT NULL,
    origin INTEGER NOT NULL,
    role_id BLOB NOT NULL,
    removed_at INTEGER NOT NULL,
    PRIMARY KEY (space_id, origin, role_id),
    FOREIGN KEY (space_id, origin) REFERENCES space (id, origin) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX former_role_by_age ON former_role (removed_at);

CREATE TABLE ban (
    space_id BLOB NOT NULL,
    origin INTEGER NOT NULL,
    user_id BLOB NOT NULL,
    user_origin INTEGER NOT NULL,
    reason TEXT,
    by_id BLOB NOT NULL,
    by_origin INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (space_id, origin, user_id, user_origin),
    FOREIGN KEY (space_id, origin) REFERENCES space (id, origin) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX ban_by_user_origin ON ban (user_origin);

-- The domains whose users may not join a server. Where `removing` is 1, members of it may be left, which go bit by bit.
CREATE TABLE domain_ban (
    space_id BLOB NOT NULL,
    origin INTEGER NOT NULL,
    domain TEXT NOT NULL,
    reason TEXT,
    by_id BLOB NOT NULL,
    by_origin INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    removing INTEGER NOT NULL,
    PRIMARY KEY (space_id, origin, domain),
    FOREIGN KEY (space_id, origin) REFERENCES space (id, origin) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX domain_ban_removing ON domain_ban (space_id) WHERE removing;

-- Kept for who leaves too. What decides is `member.muted_until`.
CREATE TABLE mute (
    space_id BLOB NOT NULL,
    origin INTEGER NOT NULL,
    user_id BLOB NOT NULL,
    user_origin INTEGER NOT NULL,
    until INTEGER NOT NULL,
    reason TEXT,
    by_id BLOB NOT NULL,
    by_origin INTEGER NOT NULL,
    PRIMARY KEY (space_id, origin, user_id, user_origin),
    FOREIGN KEY (space_id, origin) REFERENCES space (id, origin) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Whom moderators of the backend restrict. Kept for who leaves too. What decides is `member.restricted_until`.
CREATE TABLE restriction (
    space_id BLOB NOT NULL,
    origin INTEGER NOT NULL,
    user_id BLOB NOT NULL,
    user_origin INTEGER NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (space_id, origin, user_id, user_origin),
    FOREIGN KEY (space_id, origin) REFERENCES space (id, origin) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- What of somebody is to be deleted, and the message that was reached.
CREATE TABLE purge (
    space_id BLOB NOT NULL,
    origin INTEGER NOT NULL,
    author_id BLOB NOT NULL,
    author_origin INTEGER NOT NULL,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    reached_channel BLOB,
    reached_message BLOB,
    PRIMARY KEY (space_id, origin, author_id, author_origin, since, until),
    FOREIGN KEY (space_id, origin) REFERENCES space (id, origin) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Audit logs, each numbered in the order of the commits: of servers, and of the backend, where `space_id` is nil. `changes` are in
-- the form that the store gives them.
CREATE TABLE audit_entry (
    space_id BLOB NOT NULL,
    origin INTEGER NOT NULL,
    number INTEGER NOT NULL,
    id BLOB NOT NULL,
    at INTEGER NOT NULL,
    actor_id BLOB NOT NULL,
    actor_origin INTEGER NOT NULL,
    action TEXT NOT NULL,
    target_kind TEXT NOT NULL,
    target_id TEXT NOT NULL,
    reason TEXT,
    changes BLOB NOT NULL,
    PRIMARY KEY (space_id, origin, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_entry_by_actor ON audit_entry (space_id, origin, actor_id, actor_origin, number, action);
CREATE INDEX audit_entry_by_target
    ON audit_entry (space_id, origin, target_id, number, actor_id, actor_origin, action);
CREATE INDEX audit_entry_by_action ON audit_entry (space_id, origin, action, number);
CREATE INDEX audit_entry_by_age ON audit_entry (at);

-- Channels that are gone, and whose messages go bit by bit.
CREATE TABLE removed_channel (
    channel_id BLOB NOT NULL,
    origin INTEGER NOT NULL,
    PRIMARY KEY (channel_id, origin)
) STRICT, WITHOUT ROWID;

-- Invitations to spaces of this backend. One has a code or is for one person.
CREATE TABLE invitation (
    id BLOB PRIMARY KEY,
    code TEXT UNIQUE,
    space_id BLOB NOT NULL,
    origin INTEGER NOT NULL,
    inviter_id BLOB NOT NULL,
    inviter_origin INTEGER NOT NULL,
    user_id BLOB,
    user_origin INTEGER,
    expires_at INTEGER,
    max_uses INTEGER,
    uses INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    FOREIGN KEY (space_id, origin) REFERENCES space (id, origin) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX invitation_by_space ON invitation (space_id, origin, id);
CREATE INDEX invitation_by_user ON invitation (user_id, user_origin, id) WHERE user_id IS NOT NULL;
CREATE INDEX invitation_by_origin ON invitation (user_origin, id) WHERE user_id IS NOT NULL;

CREATE TABLE invitation_seat (
    user_id BLOB PRIMARY KEY,
    invitation_id BLOB NOT NULL REFERENCES invitation (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX invitation_seat_by_invitation ON invitation_seat (invitation_id);

-- Invitations of other backends to users of this one, as they were told.
CREATE TABLE remote_invitation (
    user_id BLOB NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    id BLOB NOT NULL,
    origin INTEGER NOT NULL,
    space_id BLOB NOT NULL,
    space_name TEXT NOT NULL,
    space_description TEXT NOT NULL,
    member_count INTEGER NOT NULL,
    inviter_id BLOB NOT NULL,
    inviter_origin INTEGER NOT NULL,
    expires_at INTEGER,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, id, origin)
) STRICT, WITHOUT ROWID;
CREATE INDEX remote_invitation_by_origin ON remote_invitation (origin, user_id, id);

-- No foreign key: it would be looked up for every message. `via` says who spoke where that was no user.
-- `content` is what it says, or `sealed` where no backend can read that. `reactions` are the emoji of its reactions, each with
-- its count and the number of the first, with a blank between two.
CREATE TABLE message (
    channel_id BLOB NOT NULL,
    origin INTEGER NOT NULL,
    id BLOB NOT NULL,
    author_id BLOB,
    author_origin INTEGER,
    via TEXT,
    content TEXT,
    sealed BLOB,
    created_at INTEGER NOT NULL,
    edited_at INTEGER,
    reply_to BLOB,
    nonce TEXT,
    pinned_at INTEGER,
    pinned_by_id BLOB,
    pinned_by_origin INTEGER,
    reactions TEXT,
    PRIMARY KEY (channel_id, origin, id)
) STRICT, WITHOUT ROWID;
-- Clients' nonces begin with the time, so that what is sent at the same time lies together, and few pages are written.
CREATE UNIQUE INDEX message_by_nonce ON message (nonce, author_id, author_origin, channel_id, origin)
    WHERE nonce IS NOT NULL;
CREATE INDEX message_pinned ON message (channel_id, origin, pinned_at, id) WHERE pinned_at IS NOT NULL;
-- Copies of other backends' messages are removed by their age.
CREATE INDEX message_copy_by_age ON message ((COALESCE(edited_at, created_at))) WHERE origin <> 0;

-- Who reacted to messages of this backend. The `number` is that in the channel's stream which tells of it. One with a number below that of its emoji's
-- first in the message is none any more.
CREATE TABLE reaction (
    channel_id BLOB NOT NULL,
    origin INTEGER NOT NULL,
    user_id BLOB NOT NULL,
    user_origin INTEGER NOT NULL,
    message_id BLOB NOT NULL,
    emoji TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (channel_id, origin, user_id, user_origin, message_id, emoji)
) STRICT, WITHOUT ROWID;
CREATE INDEX reaction_by_number ON reaction (channel_id, origin, message_id, emoji, number);

-- Reactions that are none any more, up to a number, and go bit by bit: with one emoji, or all where it is empty.
CREATE TABLE removed_reaction (
    channel_id BLOB NOT NULL,
    origin INTEGER NOT NULL,
    message_id BLOB NOT NULL,
    emoji TEXT NOT NULL,
    up_to INTEGER NOT NULL,
    PRIMARY KEY (channel_id, origin, message_id, emoji)
) STRICT, WITHOUT ROWID;

-- How far users of this backend have read the channels of this and of others. A message of theirs after `own_after` moves the
-- mark as well.
CREATE TABLE read_mark (
    user_id BLOB NOT NULL,
    channel_id BLOB NOT NULL,
    origin INTEGER NOT NULL,
    last_read BLOB NOT NULL,
    own_after BLOB NOT NULL,
    PRIMARY KEY (user_id, channel_id, origin)
) STRICT, WITHOUT ROWID;
CREATE INDEX read_mark_by_channel ON read_mark (channel_id, origin);

-- `commits` numbers the transactions that wrote: who made the last one knows that nobody else has written since.
CREATE TABLE log (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id INTEGER NOT NULL,
    head INTEGER NOT NULL,
    kept_after INTEGER NOT NULL,
    commits INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Streams outlive what they are of, and are numbered on for ever. `kind` is 0 for a channel, 1 for a space, 2 for a user.
-- `position` is where the last event stands in the log.
CREATE TABLE stream (
    id BLOB NOT NULL,
    origin INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    last_message BLOB,
    position INTEGER NOT NULL,
    PRIMARY KEY (id, origin, kind)
) STRICT, WITHOUT ROWID;

-- `stream_space` is the space of a channel.
CREATE TABLE event (
    position INTEGER PRIMARY KEY,
    stream BLOB NOT NULL,
    stream_origin INTEGER NOT NULL,
    stream_kind INTEGER NOT NULL,
    stream_space BLOB,
    seq INTEGER NOT NULL,
    happened_at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    data BLOB NOT NULL
) STRICT;
-- Not unique: streams of other backends are numbered by them, and a channel that appears again comes with a number that
-- was there.
CREATE INDEX event_by_stream ON event (stream, stream_origin, stream_kind, seq);

-- `scope` is a space where `kind` is 1, and a user where it is 2. `changes` is 1 for events that change who may see what,
-- which are few: whoever comes back is told by them what was visible where.
CREATE TABLE event_scope (
    scope BLOB NOT NULL,
    kind INTEGER NOT NULL,
    origin INTEGER NOT NULL,
    position INTEGER NOT NULL,
    changes INTEGER NOT NULL,
    PRIMARY KEY (scope, kind, origin, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_scope_by_position ON event_scope (position);
CREATE INDEX event_scope_of_changes ON event_scope (scope, kind, origin, position) WHERE changes = 1;

-- The other backends that are told what happens in a space: those of its members, or the owner of a replica.
CREATE TABLE space_remote (
    space_id BLOB NOT NULL,
    origin INTEGER NOT NULL,
    remote INTEGER NOT NULL,
    members INTEGER NOT NULL,
    PRIMARY KEY (space_id, origin, remote),
    FOREIGN KEY (space_id, origin) REFERENCES space (id, origin) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX space_remote_by_remote ON space_remote (remote, space_id, origin);

-- The stream to another backend, and what is in it that the other has not applied.
CREATE TABLE outbound (
    remote INTEGER PRIMARY KEY,
    stream BLOB NOT NULL,
    last INTEGER NOT NULL,
    acknowledged INTEGER NOT NULL
) STRICT;

CREATE TABLE outbound_event (
    remote INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (remote, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbound_event_by_position ON outbound_event (position);

-- How far the stream of another backend was applied.
CREATE TABLE inbound (
    origin INTEGER PRIMARY KEY,
    stream BLOB NOT NULL,
    seq INTEGER NOT NULL
) STRICT;

-- Users of this backend who asked to be let into a space of another: nobody else is shown as a member of it.
CREATE TABLE join_intent (
    user_id BLOB NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    space_id BLOB NOT NULL,
    origin INTEGER NOT NULL,
    PRIMARY KEY (user_id, space_id, origin)
) STRICT, WITHOUT ROWID;
CREATE INDEX join_intent_by_origin ON join_intent (origin);

-- Who left a space of another backend that has not heard of it yet. `key` is the idempotency key of the request that
-- tells it.
CREATE TABLE pending_leave (
    origin INTEGER NOT NULL,
    space_id BLOB NOT NULL,
    user_id BLOB NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    PRIMARY KEY (origin, space_id, user_id)
) STRICT, WITHOUT ROWID;

-- What another backend sent and could not be applied: what it was about, and nothing of what it said.
CREATE TABLE dead_letter (
    origin INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    error TEXT NOT NULL,
    about TEXT NOT NULL,
    received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX dead_letter_by_time ON dead_letter (received_at);
CREATE INDEX dead_letter_by_origin ON dead_letter (origin, received_at);

-- Users of other backends, as they were when last heard of.
CREATE TABLE remote_user (
    id BLOB NOT NULL,
    origin INTEGER NOT NULL,
    username TEXT NOT NULL,
    display_name TEXT,
    display_name_folded TEXT,
    bio TEXT,
    deleted INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    PRIMARY KEY (id, origin)
) STRICT, WITHOUT ROWID;

-- The handles and display names of all users, in parts as nicknames are.
CREATE TABLE name_part (
    part TEXT NOT NULL,
    user_id BLOB NOT NULL,
    user_origin INTEGER NOT NULL,
    PRIMARY KEY (part, user_id, user_origin)
) STRICT, WITHOUT ROWID;

-- What users of this backend and others have said about being friends. It stays when they are apart. `standing` is how the
-- user is shown the two: apart, asked, is asked, friends.
CREATE TABLE friendship (
    user_id BLOB NOT NULL,
    other_id BLOB NOT NULL,
    other_origin INTEGER NOT NULL,
    request_id BLOB NOT NULL,
    since INTEGER NOT NULL,
    own_number INTEGER NOT NULL,
    own_wants INTEGER NOT NULL,
    own_ended INTEGER NOT NULL,
    heard_number INTEGER NOT NULL,
    heard_wants INTEGER NOT NULL,
    heard_ended INTEGER NOT NULL,
    ignored INTEGER NOT NULL,
    told INTEGER NOT NULL,
    standing INTEGER NOT NULL,
    PRIMARY KEY (user_id, other_id, other_origin)
) STRICT, WITHOUT ROWID;
CREATE INDEX friendship_by_standing ON friendship (user_id, standing, other_id, other_origin);
CREATE INDEX friendship_by_request ON friendship (user_id, request_id);
CREATE INDEX friendship_by_other ON friendship (other_id, other_origin);
CREATE INDEX friendship_untold ON friendship (other_origin) WHERE NOT told;

CREATE TABLE block (
    user_id BLOB NOT NULL,
    other_id BLOB NOT NULL,
    other_origin INTEGER NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (user_id, other_id, other_origin)
) STRICT, WITHOUT ROWID;
CREATE INDEX block_by_other ON block (other_id, other_origin);

-- `availability` is 0 for online, 1 for idle, 2 for do not disturb, 3 for invisible.
CREATE TABLE presence (
    user_id BLOB PRIMARY KEY,
    availability INTEGER NOT NULL,
    status_text TEXT,
    emoji TEXT
) STRICT, WITHOUT ROWID;
