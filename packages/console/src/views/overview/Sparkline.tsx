// The course of a figure, without axes: decoration beside a number that is said in words.
const WIDTH = 120;
const HEIGHT = 28;

/** Points of the line in the box, from the left; the largest value touches the top. */
export function sparkPath(values: readonly number[], width = WIDTH, height = HEIGHT): string {
  const peak = Math.max(...values, 0);
  if (values.length < 2 || peak === 0) return '';
  return values
    .map((value, at) => {
      const x = (at / (values.length - 1)) * width;
      const y = height - 1 - (value / peak) * (height - 2);
      return `${at === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
}

export function Sparkline({ values }: { readonly values: readonly number[] }) {
  const line = sparkPath(values);
  return (
    <svg className="weir-spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {line !== '' && (
        <>
          <path className="weir-spark-area" d={`${line}L${WIDTH} ${HEIGHT}L0 ${HEIGHT}Z`} />
          <path className="weir-spark-line" d={line} />
        </>
      )}
    </svg>
  );
}
