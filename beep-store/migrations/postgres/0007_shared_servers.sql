-- Another backend asks which servers it has members in.
CREATE INDEX server_remote_by_home ON server_remote (home, server_id);
