import { Button, type ButtonProps } from '@mantine/core';
import { ask } from '../questions.tsx';

/** A button for what cannot be taken back: it asks first, and the answer that does it has the button's own words. */
export function AskingButton({
  question,
  about,
  onYes,
  children,
  ...look
}: ButtonProps & { question: string; about?: string; onYes: () => void; children: string; 'aria-label'?: string }) {
  return (
    <Button
      size="compact-sm"
      variant="subtle"
      color="red"
      {...look}
      onClick={() => ask({ title: question, text: about, go: children, run: onYes })}
    >
      {children}
    </Button>
  );
}
