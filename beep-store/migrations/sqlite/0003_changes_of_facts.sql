-- `changes` is 1 for events that change who may see what, which are few: whoever comes back is told by them what was
-- visible where. What is from before is looked at either way.
ALTER TABLE event_scope ADD COLUMN changes INTEGER NOT NULL DEFAULT 1;
CREATE INDEX event_scope_of_changes ON event_scope (scope, home, position) WHERE changes = 1;
