SELECT value, toFloat64(count()) AS counted FROM (
SELECT `namespace` AS value FROM weir.entities FINAL
) WHERE startsWith(lowerUTF8(value), {p0:String}) GROUP BY value ORDER BY counted DESC, value LIMIT 50

{
 "p0": "sh"
}
