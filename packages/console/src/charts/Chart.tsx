// The chart as views use it: its code comes when it is first needed; until then its place is kept.
import { lazy, Suspense } from 'react';
import type { EChartProps } from './EChart.tsx';

const EChart = lazy(async () => ({ default: (await import('./EChart.tsx')).EChart }));

export function Chart(props: EChartProps) {
  return (
    <Suspense fallback={<div className="weir-chart" style={{ height: props.height }} />}>
      <EChart {...props} />
    </Suspense>
  );
}
