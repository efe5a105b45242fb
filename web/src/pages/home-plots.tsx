import { BarChart } from '@mantine/charts';
import '@mantine/charts/styles.layer.css';
import { SegmentedControl } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { Home } from '../../../src/api/schemas/index.ts';
import { useFormats } from '../format.ts';
import { useT } from '../texts.ts';
import styles from './home.module.css';

/** Documents and turnover by day. One currency at a time: two are never added up. */
export default function Plots({ days }: { days: Home['byDay'] }) {
  const t = useT();
  const { shortDay, money, number } = useFormats();
  const currencies = useMemo(() => [...new Set(days.flatMap((d) => d.gross.map((g) => g.currency)))], [days]);
  const [series, setSeries] = useState('issued');
  const current = series === 'issued' || currencies.includes(series) ? series : 'issued';
  const data = useMemo(
    () =>
      days.map((d) => ({
        day: shortDay(d.day),
        value: current === 'issued' ? d.issued : Number(d.gross.find((g) => g.currency === current)?.gross ?? 0),
      })),
    [days, shortDay, current],
  );
  const format = (value: number) => (current === 'issued' ? number(value) : money(value.toFixed(2), current));
  const summary = data
    .filter((d) => d.value > 0)
    .map((d) => `${d.day}: ${format(d.value)}`)
    .join('; ');
  return (
    <div className={styles.plots}>
      <SegmentedControl
        size="xs"
        aria-label={t('home.days')}
        value={current}
        onChange={setSeries}
        data={[
          { value: 'issued', label: t('home.plotDocuments') },
          ...currencies.map((c) => ({ value: c, label: t('home.plotTurnover', { currency: c }) })),
        ]}
      />
      <div role="img" aria-label={`${t('home.days')}: ${summary || t('home.nothingYet')}`}>
        <BarChart
          h={220}
          data={data}
          dataKey="day"
          series={[{ name: 'value', color: 'pine.6', label: current === 'issued' ? t('home.plotDocuments') : current }]}
          valueFormatter={format}
          withLegend={false}
          gridAxis="x"
          xAxisProps={{ interval: 'preserveStartEnd', minTickGap: 28 }}
          tickLine="none"
          barProps={{ radius: [3, 3, 0, 0], isAnimationActive: false }}
          maxBarWidth={26}
          yAxisProps={{ width: current === 'issued' ? 40 : 90, allowDecimals: current !== 'issued' }}
        />
      </div>
    </div>
  );
}
