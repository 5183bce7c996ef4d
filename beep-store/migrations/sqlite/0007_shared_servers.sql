-- Another backend asks which servers it has members in.
CREATE INDEX server_remote_by_home ON server_remote (home, server_id);

-- Users of this backend who asked to be let into a server of another: nobody else is shown as a member of it.
DROP TABLE join_intent;
CREATE TABLE join_intent (
    user_id BLOB NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    server_id BLOB NOT NULL,
    home TEXT NOT NULL,
    PRIMARY KEY (user_id, server_id, home)
) STRICT, WITHOUT ROWID;
INSERT INTO join_intent (user_id, server_id, home)
SELECT member.user_id, member.server_id, server.home
FROM member
JOIN server ON server.id = member.server_id
JOIN backend ON backend.domain = member.user_home AND backend.domain <> server.home;
