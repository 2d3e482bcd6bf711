WITH (SELECT (arrayConcat([toUInt64(0)], groupArray(key)), arrayConcat([toUInt64(0)], groupArray(stands_for))) FROM (SELECT key, if(`workload` = '', 0, min(key) OVER (PARTITION BY `workload`)) AS stands_for FROM dictionary('weir.entities_dict'))) AS alike0,
(SELECT alike0.1) AS alike0_from,
(SELECT alike0.2) AS alike0_to
SELECT dictGet('weir.entities_dict', 'workload', k0) AS g0, dictGet('weir.entities_dict', 'workload', k1) AS g1, toFloat64(sum(s0)) AS m0 FROM (
SELECT transform(src_entity, alike0_from, alike0_to, toUInt64(0)) AS k0, transform(dst_entity, alike0_from, alike0_to, toUInt64(0)) AS k1, bytes AS s0 FROM weir.flows_5m WHERE time >= toDateTime(intDiv({p0:Int64}, 1000), 'UTC') AND time < toDateTime(intDiv({p1:Int64}, 1000), 'UTC') AND ((src_entity IN (SELECT key FROM weir.entities FINAL WHERE `namespace` = {p2:String}) OR dst_entity IN (SELECT key FROM weir.entities FINAL WHERE `namespace` = {p2:String})) AND (server_port = {p3:UInt16}))
UNION ALL
SELECT transform(src_entity, alike0_from, alike0_to, toUInt64(0)) AS k0, transform(dst_entity, alike0_from, alike0_to, toUInt64(0)) AS k1, bytes AS s0 FROM weir.flows_1m WHERE time >= toDateTime(intDiv({p1:Int64}, 1000), 'UTC') AND time < toDateTime(intDiv({p4:Int64}, 1000), 'UTC') AND ((src_entity IN (SELECT key FROM weir.entities FINAL WHERE `namespace` = {p2:String}) OR dst_entity IN (SELECT key FROM weir.entities FINAL WHERE `namespace` = {p2:String})) AND (server_port = {p3:UInt16}))
UNION ALL
SELECT transform(src_entity, alike0_from, alike0_to, toUInt64(0)) AS k0, transform(dst_entity, alike0_from, alike0_to, toUInt64(0)) AS k1, bytes AS s0 FROM weir.flows WHERE time_received >= fromUnixTimestamp64Milli({p4:Int64}, 'UTC') AND time_received < fromUnixTimestamp64Milli({p5:Int64}, 'UTC') AND ((src_entity IN (SELECT key FROM weir.entities FINAL WHERE `namespace` = {p2:String}) OR dst_entity IN (SELECT key FROM weir.entities FINAL WHERE `namespace` = {p2:String})) AND (if(client_side = 2, src_port, dst_port) = {p3:UInt16}))
) GROUP BY k0, k1 WITH TOTALS ORDER BY m0 DESC, k0, k1 LIMIT 5

{
 "p0": "1772362800000",
 "p1": "1772365800000",
 "p2": "shop",
 "p3": "443",
 "p4": "1772366280000",
 "p5": "1772366400000"
}
