import { Button, ColorInput, NativeSelect, Textarea } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { Organization } from '../../../../src/api/schemas/index.ts';
import { api, fileAddress } from '../../api.ts';
import { languageNames, languages, useTexts } from '../../texts.ts';
import { toast } from '../../toasts.tsx';
import { isLost } from '../../ui/lost.ts';
import { Failed, Lines, Section } from '../../ui/page.tsx';
import { PdfView } from '../../ui/pdf.tsx';
import styles from '../settings.module.css';
import { useOrganization } from './use-organization.ts';

/** Logo, colour and foot of the documents; beside them an invented one that follows every change before it is saved. */
export default function Look() {
  const { data, error, refetch, save } = useOrganization();
  if (isLost(error, data)) return <Failed error={error} retry={() => void refetch()} />;
  if (!data) return <Lines />;
  return <Form key={data.id} organization={data} save={save} />;
}

/** What documents have until somebody chooses. */
const usual = '#1f4e79';
const swatches = [usual, '#176b50', '#1d4ed8', '#7c3aed', '#be185d', '#b45309', '#0f766e', '#334155', '#111111'];

function Form({ organization, save }: { organization: Organization; save: ReturnType<typeof useOrganization>['save'] }) {
  const { t } = useTexts();
  const client = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const [accent, setAccent] = useState(organization.look.accent ?? usual);
  const [footer, setFooter] = useState(organization.look.footer ?? '');
  const [second, setSecond] = useState<string>((organization.policies.secondLanguage as string | undefined) ?? '');
  const [stamp, setStamp] = useState(0);
  const refresh = () => {
    setStamp((n) => n + 1);
    return client.invalidateQueries({ queryKey: ['organization'] });
  };
  const fail = (e: Error) => toast({ error: e });
  const upload = useMutation({
    mutationFn: (file: File) => {
      const form = new FormData();
      form.append('file', file);
      return api.put('/organization/logo', form);
    },
    onSuccess: refresh,
    onError: fail,
  });
  const remove = useMutation({ mutationFn: () => api.remove('/organization/logo'), onSuccess: refresh, onError: fail });
  const accentRight = /^#[0-9a-f]{6}$/i.test(accent);
  const wished = { look: { ...(accentRight ? { accent } : {}), footer }, ...(second ? { secondLanguage: second } : {}) };
  return (
    <div className={styles.two}>
      <div className={styles.form}>
        <Section title={t('look.logo')} about={t('look.logoAbout')}>
          <div className={styles.logo}>
            {organization.hasLogo && <img src={fileAddress('/organization/logo', { v: stamp })} alt={t('look.logo')} />}
            <input
              ref={input}
              type="file"
              hidden
              accept="image/png,image/jpeg,image/svg+xml"
              onChange={(e) => {
                const file = e.target.files?.[0];
                if (file) upload.mutate(file);
                e.target.value = '';
              }}
            />
            <Button variant="default" loading={upload.isPending} onClick={() => input.current?.click()}>
              {organization.hasLogo ? t('look.replace') : t('look.choose')}
            </Button>
            {organization.hasLogo && (
              <Button variant="subtle" color="gray" onClick={() => remove.mutate()}>
                {t('common.delete')}
              </Button>
            )}
          </div>
        </Section>
        <Section title={t('look.paper')}>
          <ColorInput
            label={t('look.accent')}
            format="hex"
            swatches={swatches}
            value={accent}
            error={accentRight ? undefined : t('look.accentWrong')}
            onChange={setAccent}
            eyeDropperButtonProps={{ 'aria-label': t('look.pick') }}
          />
          <NativeSelect
            label={t('field.secondLanguage')}
            description={t('look.secondAbout')}
            value={second}
            onChange={(e) => setSecond(e.target.value)}
            data={[{ value: '', label: t('common.none') }, ...languages.map((l) => ({ value: l, label: languageNames[l] }))]}
          />
          <Textarea
            label={t('look.footer')}
            description={t('look.footerAbout')}
            autosize
            minRows={2}
            maxLength={1000}
            value={footer}
            onChange={(e) => setFooter(e.target.value)}
          />
          <div className={styles.buttons}>
            <Button
              loading={save.isPending}
              disabled={!accentRight}
              onClick={() => save.mutate({ look: { accent, footer }, policies: { secondLanguage: second || null } })}
            >
              {t('common.save')}
            </Button>
          </div>
        </Section>
      </div>
      <div className={styles.preview}>
        <PdfView
          title={t('editor.preview')}
          marker={`${JSON.stringify(wished)}${stamp}`}
          load={(signal) => api.blob('POST', '/documents/preview.pdf', { body: wished, signal })}
        />
      </div>
    </div>
  );
}
