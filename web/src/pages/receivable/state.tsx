import { useT } from '../../texts.ts';
import { Chip, type Tone } from '../../ui/status.tsx';

const tones: Record<string, Tone> = {
  adding: 'wait',
  on_hold: 'wait',
  awaiting_buyer: 'wait',
  pending: 'info',
  partly_active: 'info',
  active: 'good',
  credited: 'plain',
  replaced: 'plain',
  cancelled: 'plain',
  expired: 'bad',
  rejected: 'bad',
};

/** State of a claim or of one of its parts. */
export function ClaimChip({ state }: { state: string }) {
  const t = useT();
  return <Chip tone={tones[state] ?? 'plain'}>{t(`claim.${state as 'pending'}`)}</Chip>;
}
