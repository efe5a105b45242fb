import { Button, ColorInput, NativeSelect, Textarea } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { DocumentRow, Organization, Page } from '../../../../src/api/schemas/index.ts';
import { api, fileAddress } from '../../api.ts';
import { languageNames, languages, useTexts } from '../../texts.ts';
import { toast } from '../../toasts.tsx';
import { Empty, Failed, Lines, Section } from '../../ui/page.tsx';
import { PdfView } from '../../ui/pdf.tsx';
import styles from '../settings.module.css';
import { useOrganization } from './use-organization.ts';

/** Logo, colour and foot of the documents; beside them a real document as it would look now. */
export default function Look() {
  const { data, error, refetch, save } = useOrganization();
  if (error) return <Failed error={error} retry={() => void refetch()} />;
  if (!data) return <Lines />;
  return <Form key={data.id} organization={data} save={save} />;
}

const swatches = ['#176b50', '#1d4ed8', '#7c3aed', '#be185d', '#b45309', '#0f766e', '#334155', '#111111'];

function Form({ organization, save }: { organization: Organization; save: ReturnType<typeof useOrganization>['save'] }) {
  const { t } = useTexts();
  const client = useQueryClient();
  const input = useRef<HTMLInputElement>(null);
  const [accent, setAccent] = useState(organization.look.accent ?? '#176b50');
  const [footer, setFooter] = useState(organization.look.footer ?? '');
  const [second, setSecond] = useState<string>(organization.look.secondLanguage ?? '');
  const [stamp, setStamp] = useState(0);
  const refresh = () => {
    setStamp((n) => n + 1);
    return client.invalidateQueries({ queryKey: ['organization'] });
  };
  const fail = (e: Error) => toast({ text: e.message, tone: 'bad' });
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
  const sample = useQuery({ queryKey: ['look-sample'], queryFn: () => api.get<Page<DocumentRow>>('/documents', { limit: 1 }) });
  const shown = sample.data?.items[0];
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
              disabled={!/^#[0-9a-f]{6}$/i.test(accent)}
              onClick={() =>
                save.mutate(
                  { look: { accent, footer, secondLanguage: (second || null) as never } },
                  { onSuccess: () => setStamp((n) => n + 1) },
                )
              }
            >
              {t('common.save')}
            </Button>
          </div>
        </Section>
      </div>
      <div className={styles.preview}>
        {shown ? (
          <PdfView title={t('editor.preview')} marker={`${shown.id}${stamp}`} load={(signal) => previewOf(shown.id, signal)} />
        ) : sample.data ? (
          <Empty icon="document" title={t('look.noSample')}>
            {t('look.noSampleText')}
          </Empty>
        ) : (
          <Lines />
        )}
      </div>
    </div>
  );
}

/** An issued document keeps its paper for ever; its content drawn anew shows the look of today. */
async function previewOf(id: string, signal: AbortSignal): Promise<Blob> {
  const { content } = await api.get<{ content: unknown }>(`/documents/${id}`, undefined, signal);
  return api.blob('POST', '/documents/preview.pdf', { body: { content }, signal });
}
