import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** By what they take of the processor, browsers and servers that they start included. A file that is long starts early, or one lane waits for it alone at the end. */
const longFirst = [
  'tests/browser/pages.test.ts',
  'tests/browser/stories.test.ts',
  'tests/browser/infakt.test.ts',
  'tests/browser/dialogs.test.ts',
  'tests/browser/first-day.test.ts',
  'tests/crash.test.ts',
  'tests/cli.test.ts',
  'tests/browser/long-queue.test.ts',
  'tests/browser/tickets.test.ts',
  'tests/campaign.test.ts',
  'tests/prove.test.ts',
  'tests/gate.test.ts',
  'tests/channel.test.ts',
  'tests/walls.test.ts',
  'tests/cli-tickets.test.ts',
  'tests/administer.test.ts',
  'tests/workers.test.ts',
  'tests/infakt.test.ts',
  'tests/transfer-diagnosis.test.ts',
  'tests/transfer-intake.test.ts',
  'tests/agent.test.ts',
  'tests/upgrade.test.ts',
  'src/store/backup.test.ts',
  'src/intake/intake.test.ts',
  'tests/infakt-campaign.test.ts',
  'tests/api.test.ts',
  'tests/transfer.test.ts',
  'tests/billing-dunning.test.ts',
  'src/delivery/pdf/renderer.test.ts',
  'src/delivery/mail/mail-trouble.test.ts',
  'src/store/embedded.test.ts',
  'tests/fuzz.test.ts',
  'tests/agent-campaign.test.ts',
  'tests/baselinker.test.ts',
  'tests/baselinker-faults.test.ts',
  'tests/security.test.ts',
  'tests/billing.test.ts',
  'tests/billing-cards.test.ts',
  'tests/archive.test.ts',
];

/** Long files first, the others as Vitest would have them. */
export default class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = (file: TestSpecification) => {
      const at = longFirst.findIndex((name) => file.moduleId.endsWith(`/${name}`));
      return at < 0 ? longFirst.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}
