import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { Organization, OrganizationPatch } from '../../../../src/api/schemas/index.ts';
import { api } from '../../api.ts';
import { useT } from '../../texts.ts';
import { toast } from '../../toasts.tsx';

export function useOrganization() {
  const t = useT();
  const client = useQueryClient();
  const query = useQuery({ queryKey: ['organization'], queryFn: () => api.get<Organization>('/organization') });
  const save = useMutation({
    mutationFn: (patch: OrganizationPatch) => api.patch<Organization>('/organization', patch),
    onSuccess: async (saved) => {
      client.setQueryData(['organization'], saved);
      toast({ text: t('common.saved'), tone: 'good' });
      await client.invalidateQueries({ queryKey: ['me'] });
    },
    onError: (e) => toast({ error: e }),
  });
  return { ...query, save };
}
