import type { AnyRoute } from '../route.ts';
import { accountRoutes } from './accounts.ts';
import { agentRoutes } from './agents.ts';
import { apiKeyRoutes } from './api-keys.ts';
import { archiveRoutes } from './archive.ts';
import { billingRoutes } from './billing.ts';
import { booksRoutes } from './books.ts';
import { causeRoutes } from './causes.ts';
import { channelRoutes } from './channel.ts';
import { completenessRoutes } from './completeness.ts';
import { connectionRoutes } from './connections.ts';
import { demoRoutes } from './demo.ts';
import { deskRoutes } from './desk.ts';
import { documentRoutes } from './documents.ts';
import { exportRoutes } from './export.ts';
import { homeRoutes } from './home.ts';
import { importRoutes } from './imports.ts';
import { issuingRoutes } from './issuing.ts';
import { mailRoutes } from './mail.ts';
import { memberRoutes } from './members.ts';
import { orderRoutes } from './orders.ts';
import { organizationRoutes } from './organization.ts';
import { partyRoutes } from './parties.ts';
import { paymentRoutes } from './payments.ts';
import { providerRoutes } from './providers.ts';
import { receivableRoutes } from './receivables.ts';
import { seriesRoutes } from './series.ts';
import { serviceRoutes } from './service.ts';
import { settingsRoutes } from './settings.ts';

export const routes: AnyRoute[] = [
  ...organizationRoutes,
  ...homeRoutes,
  ...importRoutes,
  ...orderRoutes,
  ...partyRoutes,
  ...documentRoutes,
  ...issuingRoutes,
  ...seriesRoutes,
  ...receivableRoutes,
  ...mailRoutes,
  ...connectionRoutes,
  ...providerRoutes,
  ...channelRoutes,
  ...agentRoutes,
  ...causeRoutes,
  ...completenessRoutes,
  ...exportRoutes,
  ...paymentRoutes,
  ...billingRoutes,
  ...deskRoutes,
  ...booksRoutes,
  ...archiveRoutes,
  ...settingsRoutes,
  ...apiKeyRoutes,
  ...memberRoutes,
  ...accountRoutes,
  ...serviceRoutes,
  ...demoRoutes,
];
