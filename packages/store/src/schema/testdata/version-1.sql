-- The tables that version 2 changed or reads, as SHOW CREATE TABLE gave them in a store of version 1.
CREATE DATABASE weir;

CREATE TABLE weir.schema_version
(
    `version` UInt32,
    `time` DateTime('UTC')
)
ENGINE = MergeTree
ORDER BY version
SETTINGS index_granularity = 8192;

CREATE TABLE weir.ledger
(
    `time` DateTime64(3, 'UTC') CODEC(DoubleDelta, LZ4),
    `collector` LowCardinality(String),
    `exporter` UInt64,
    `account` LowCardinality(String),
    `count` Int64 CODEC(T64, LZ4),
    `source` String CODEC(ZSTD(1))
)
ENGINE = MergeTree
PARTITION BY toDate(time)
ORDER BY (account, exporter, collector, toStartOfFiveMinutes(time), time)
TTL toDateTime(time) + toIntervalHour(2) GROUP BY account, exporter, collector, toStartOfFiveMinutes(time) SET time = min(time), count = sum(count), source = substring(any(source), 1, 0)
SETTINGS non_replicated_deduplication_window = 10000, merge_with_ttl_timeout = 600, index_granularity = 8192;

CREATE TABLE weir.flows
(
    `time_received` DateTime64(3, 'UTC') CODEC(T64, LZ4),
    `time_start` DateTime64(3, 'UTC') CODEC(T64, LZ4),
    `time_end` DateTime64(3, 'UTC') CODEC(T64, LZ4),
    `source` UInt8,
    `exporter` UInt64,
    `observation_domain` UInt32 CODEC(T64, LZ4),
    `quality` UInt32 CODEC(T64, LZ4),
    `flow_id` UInt64 CODEC(NONE),
    `src_addr` IPv6,
    `dst_addr` IPv6,
    `src_port` UInt16,
    `dst_port` UInt16,
    `proto` UInt8,
    `tcp_flags` UInt16,
    `dscp` UInt8,
    `icmp_type` UInt8,
    `icmp_code` UInt8,
    `src_mask` UInt8,
    `dst_mask` UInt8,
    `next_hop` IPv6,
    `src_as` UInt32 CODEC(T64, LZ4),
    `dst_as` UInt32 CODEC(T64, LZ4),
    `in_if` UInt32 CODEC(T64, LZ4),
    `out_if` UInt32 CODEC(T64, LZ4),
    `direction` UInt8,
    `bytes` UInt64 CODEC(T64, LZ4),
    `packets` UInt64 CODEC(T64, LZ4),
    `bytes_sampled` UInt64 CODEC(T64, LZ4),
    `packets_sampled` UInt64 CODEC(T64, LZ4),
    `sampling_rate` UInt32 CODEC(T64, LZ4),
    `sampling_source` UInt8,
    `end_reason` UInt8,
    `src_entity` UInt64,
    `dst_entity` UInt64,
    `service` UInt64,
    `client_side` UInt8,
    `client_evidence` UInt8,
    `flow_type` UInt8,
    `src_country` UInt16,
    `dst_country` UInt16,
    INDEX time_received_range time_received TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toStartOfHour(time_received)
ORDER BY (toStartOfMinute(time_received), src_entity, dst_entity)
SETTINGS non_replicated_deduplication_window = 10000, old_parts_lifetime = 60, index_granularity = 8192;

CREATE TABLE weir.rollup_state
(
    `resolution` LowCardinality(String),
    `kind` LowCardinality(String),
    `slot` DateTime('UTC'),
    `time` DateTime('UTC'),
    `cleared` UInt8,
    `version` UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (resolution, kind, slot)
SETTINGS index_granularity = 8192;

INSERT INTO weir.schema_version SELECT 1, now();
