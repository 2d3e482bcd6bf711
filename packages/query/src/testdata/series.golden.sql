SELECT if(rank <= 10, rank, 0) AS place, any(g0) AS v_g0, sumMap(ts, a_m0) AS v_m0 FROM (
SELECT g0, ts, a_m0, row_number() OVER (ORDER BY ordering DESC, g0) AS rank FROM (
SELECT g0, groupArray(t) AS ts, groupArray(m0) AS a_m0, sum(m0) AS ordering FROM (
SELECT t, k0 AS g0, toFloat64(sum(s0)) AS m0 FROM (
SELECT intDiv(toInt64(toUnixTimestamp(time)) * 1000, 120000) * 120000 AS t, proto AS k0, sum(packets) AS s0 FROM weir.flows_1m WHERE time >= toDateTime(intDiv({p0:Int64}, 1000), 'UTC') AND time < toDateTime(intDiv({p1:Int64}, 1000), 'UTC') AND 1 GROUP BY t, k0
UNION ALL
SELECT intDiv(toUnixTimestamp64Milli(time_received), 120000) * 120000 AS t, proto AS k0, sum(packets) AS s0 FROM weir.flows WHERE time_received >= fromUnixTimestamp64Milli({p1:Int64}, 'UTC') AND time_received < fromUnixTimestamp64Milli({p2:Int64}, 'UTC') AND 1 GROUP BY t, k0
) GROUP BY t, g0
) GROUP BY g0
)
) GROUP BY place ORDER BY place = 0, place

{
 "p0": "1772344800000",
 "p1": "1772366280000",
 "p2": "1772366400000"
}
