-- The tables of the Camera Trap Data Package standard (TDWG, Camtrap DP 1.0.2). Field names are the standard's in
-- snake_case; a date-time is an instant and the offset, in minutes east of UTC, in which it was given.
-- Ranges and vocabularies are checked by the workload against the package's own table schemas, which may change
-- between versions of the standard; the tables hold what every version promises: keys, references, required values.
--
-- Identifiers are compared as bytes (collate "C"): the copies of this database run on machines of different clouds,
-- and an index ordered by one machine's locale is corrupt under another's.

create table deployments (
  deployment_id text collate "C" primary key,
  location_id text,
  location_name text,
  latitude double precision not null,
  longitude double precision not null,
  coordinate_uncertainty bigint,
  deployment_start timestamptz not null,
  deployment_start_offset smallint not null,
  deployment_end timestamptz not null,
  deployment_end_offset smallint not null,
  setup_by text,
  camera_id text,
  camera_model text,
  camera_delay bigint,
  camera_height double precision,
  camera_depth double precision,
  camera_tilt bigint,
  camera_heading bigint,
  detection_distance double precision,
  timestamp_issues boolean,
  bait_use boolean,
  feature_type text,
  habitat text,
  deployment_groups text,
  deployment_tags text,
  deployment_comments text
);

create table media (
  media_id text collate "C" primary key,
  deployment_id text collate "C" not null references deployments,
  capture_method text,
  "timestamp" timestamptz not null,
  timestamp_offset smallint not null,
  file_path text not null,
  file_public boolean not null,
  file_name text,
  file_mediatype text not null,
  exif_data text,
  favorite boolean,
  media_comments text
);

create table observations (
  observation_id text collate "C" primary key,
  deployment_id text collate "C" not null references deployments,
  media_id text collate "C" references media,
  event_id text,
  event_start timestamptz not null,
  event_start_offset smallint not null,
  event_end timestamptz not null,
  event_end_offset smallint not null,
  observation_level text not null,
  observation_type text not null,
  camera_setup_type text,
  scientific_name text,
  "count" bigint,
  life_stage text,
  sex text,
  behavior text,
  individual_id text,
  individual_position_radius double precision,
  individual_position_angle double precision,
  individual_speed double precision,
  bbox_x double precision,
  bbox_y double precision,
  bbox_width double precision,
  bbox_height double precision,
  classification_method text,
  classified_by text,
  classification_timestamp timestamptz,
  classification_timestamp_offset smallint,
  classification_probability double precision,
  observation_tags text,
  observation_comments text
);

-- Pages of one deployment, in the order of the identifiers.
create index observations_of_deployment on observations (deployment_id, observation_id);
