import { Popover } from '@mantine/core';
import { DatePicker } from '@mantine/dates';
import 'dayjs/locale/hu';
import 'dayjs/locale/pl';
import 'dayjs/locale/sv';
import '@mantine/dates/styles.layer.css';
import { useTexts } from '../texts.ts';
import { useReturnFocus } from './dialog.tsx';
import styles from './fields.module.css';

/** The month to pick a day from, below the field that asks. */
export default function Calendar({
  value,
  onPick,
  onClose,
}: {
  value: string | undefined;
  onPick: (day: string | undefined) => void;
  onClose: () => void;
}) {
  const { t, language } = useTexts();
  useReturnFocus();
  return (
    <Popover opened onChange={(opened) => !opened && onClose()} trapFocus position="bottom-end" shadow="md">
      <Popover.Target>
        <span className={styles.anchor} />
      </Popover.Target>
      <Popover.Dropdown aria-label={t('field.pickDay')}>
        <DatePicker
          locale={language}
          firstDayOfWeek={1}
          size="sm"
          defaultDate={value}
          value={value ?? null}
          onChange={(day) => onPick(day ? day.slice(0, 10) : undefined)}
        />
      </Popover.Dropdown>
    </Popover>
  );
}
