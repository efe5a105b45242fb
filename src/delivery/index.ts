/**
 * Delivery: how issued documents reach people. Each way has its own status; mail is here, the PDF beside it.
 * Wiring: `deliverMail` behind the queue `deliver`, `sweepMails` in `sweep` (with `restarted` before the workers start on the
 * embedded database), `sendDigests` every hour behind `digest`, `smtpConnector` among the connectors.
 */
export { type EmailKind, emailKind, maskedDomains, parseAddress } from './mail/address.ts';
export { type Bounce, readBounce } from './mail/bounce.ts';
export { mailCause, mailCauses } from './mail/causes.ts';
export { defaultTemplate } from './mail/default-templates.ts';
export { deliverMail, type MailTools, recordBounce, sweepMails } from './mail/deliver.ts';
export { sendDigests } from './mail/digest.ts';
export {
  type DecisionResult,
  decideMail,
  type MailDecision,
  type MailStatus,
  type MailWish,
  messageFor,
  type QueuedMails,
  queueMails,
  readTemplates,
  resendMail,
} from './mail/queue.ts';
export {
  checkMailSettings,
  type MailAccount,
  type MailSettings,
  type MailSettingsError,
  type MailSettingsInput,
  readMailAccount,
  saveMailSettings,
  smtpConnector,
  smtpConnectorId,
} from './mail/settings.ts';
export {
  checkSmtp,
  createSender,
  type MailSender,
  messageIdOf,
  type OutgoingMail,
  type SendOutcome,
  type SmtpSettings,
  smtpSettingsOfUrl,
  smtpSettingsSchema,
} from './mail/smtp.ts';
export {
  check as checkMessage,
  escapeHtml,
  type MessageTemplate,
  type RenderedMessage,
  type Rendering,
  render as renderMessage,
  translateBrackets,
} from './mail/template.ts';
export {
  kindName,
  localDay,
  localMoney,
  type MessageExtras,
  shortName,
  type Variable,
  variables as messageVariables,
} from './mail/variables.ts';
export { typesetters } from './pdf/fonts.ts';
export { type JoinResult, joinPdfs } from './pdf/join.ts';
export {
  documentPdf,
  type IssuedDocument,
  keepPdfs,
  type MadePdf,
  printIssued,
  type RenderPdf,
  readIssued,
  readLook,
  readStoredPdf,
  type StoredPdf,
} from './stored-pdf.ts';
