import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { api } from '../api.ts';
import { useSession } from '../session.tsx';
import { useT } from '../texts.ts';
import { toast } from '../toasts.tsx';
import { GateError } from '../ui/gate.tsx';
import { Page, Section } from '../ui/page.tsx';
import { CompanyFields, useCompany } from './company-fields.tsx';
import styles from './settings.module.css';

/** One more company of the same person, who owns it; it is worked in at once. */
export default function NewOrganization() {
  const t = useT();
  const { me, choose } = useSession();
  const client = useQueryClient();
  const navigate = useNavigate();
  const company = useCompany();
  const make = useMutation({
    mutationFn: () => api.post<{ organizationId: string }>('/organizations', company.input(me.user.email)),
    onSuccess: async ({ organizationId }) => {
      await client.refetchQueries({ queryKey: ['me'] });
      choose(organizationId);
      toast({ text: t('organization.added', { name: company.form.company }), tone: 'good' });
      await navigate('/import');
    },
  });
  return (
    <Page title={t('organization.add')} help="settings-company" about={t('organization.addAbout')}>
      <Section>
        <form
          className={styles.form}
          onSubmit={(event) => {
            event.preventDefault();
            if (company.right) make.mutate();
          }}
        >
          <GateError error={make.error} />
          <CompanyFields company={company} />
          <div>
            <Button type="submit" loading={make.isPending} disabled={!company.right}>
              {t('organization.add')}
            </Button>
          </div>
        </form>
      </Section>
    </Page>
  );
}
