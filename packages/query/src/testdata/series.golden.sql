SELECT place, any(k0) AS g0, groupArray(t) AS ts, groupArray(m0) AS a0 FROM (
SELECT t, if(rank <= 10, rank, 0) AS place, any(k0) AS k0, sum(m0) AS m0 FROM (
SELECT t, k0, m0, dense_rank() OVER (ORDER BY ordering DESC, k0) AS rank FROM (
SELECT t, k0, m0, sum(m0) OVER (PARTITION BY k0) AS ordering FROM (
SELECT t, k0, toFloat64(sum(s0)) AS m0 FROM (
SELECT intDiv(toInt64(toUnixTimestamp(time)) * 1000, 120000) * 120000 AS t, proto AS k0, packets AS s0 FROM weir.flows_1m WHERE time >= toDateTime(intDiv({p0:Int64}, 1000), 'UTC') AND time < toDateTime(intDiv({p1:Int64}, 1000), 'UTC') AND 1
UNION ALL
SELECT intDiv(toUnixTimestamp64Milli(time_received), 120000) * 120000 AS t, proto AS k0, packets AS s0 FROM weir.flows WHERE time_received >= fromUnixTimestamp64Milli({p1:Int64}, 'UTC') AND time_received < fromUnixTimestamp64Milli({p2:Int64}, 'UTC') AND 1
) GROUP BY t, k0
)
)
) GROUP BY t, place
) GROUP BY place ORDER BY place = 0, place

{
 "p0": "1772344800000",
 "p1": "1772366280000",
 "p2": "1772366400000"
}
