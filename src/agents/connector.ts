import type { Connector } from '../contract/connector.ts';

/** An agent as a connection, so that names, cards and mails about it are those of every connection. Its causes are general ones. */
export const agentConnectorId = 'agent';

export const agentConnector: Connector = {
  manifest: {
    id: agentConnectorId,
    name: 'Agent',
    title: { en: 'Agent', pl: 'Agent', hu: 'Ügynök', sv: 'Agent' },
    role: 'provider',
    countries: [],
    capabilities: ['print'],
    settings: [],
    causes: [],
    about: {
      pl: 'Mały program na Twoim komputerze: podaje dokumenty programowi księgowemu i drukuje.',
      en: 'A small program on your own computer: hands documents to the accounting program and prints.',
      hu: 'Egy kis program a saját számítógépén: átadja a bizonylatokat a könyvelőprogramnak, és nyomtat.',
      sv: 'Ett litet program på din egen dator: lämnar dokument till bokföringsprogrammet och skriver ut.',
    },
  },
  // It calls us: there is nobody to ask.
  open: () => ({ check: async () => ({ ok: true, facts: [] }) }),
};
