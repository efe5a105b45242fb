import { Button } from '@mantine/core';
import type { Question } from '../questions.tsx';
import { useT } from '../texts.ts';
import { Dialog } from './dialog.tsx';
import styles from './question-dialog.module.css';

export default function QuestionDialog({ question, onClose }: { question: Question; onClose: () => void }) {
  const t = useT();
  return (
    <Dialog title={question.title} onClose={onClose} size="sm">
      {question.text && <p className={styles.text}>{question.text}</p>}
      <div className={styles.buttons}>
        {/* A key that was pressed too soon takes nothing away. */}
        <Button variant="default" data-autofocus onClick={onClose}>
          {t('common.cancel')}
        </Button>
        <Button
          color="red"
          onClick={() => {
            onClose();
            question.run();
          }}
        >
          {question.go}
        </Button>
      </div>
    </Dialog>
  );
}
