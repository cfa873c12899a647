-- A write is recorded under its idempotency key in the row that it made, so that row and key cannot part.
-- `attempts` is counted up by every replay: a replay has to write, because a statement that writes nothing is
-- acknowledged at once, without waiting until the first write has reached a synchronous standby.

alter table observations
  add column key text collate "C" unique,
  add column body_digest bytea,
  add column attempts integer not null default 1,
  add constraint key_has_digest check ((key is null) = (body_digest is null));

-- Leaves room in each page, so that counting an attempt changes no index.
alter table observations set (fillfactor = 90);

-- The keys that this copy of the database holds. Every key that was acknowledged to a client has to be here;
-- a key that is here need not have been acknowledged.
create view acknowledged_keys as select key from observations where key is not null;
