/**
 * Delivery: how issued documents reach people. Each way has its own status; mail is here, the PDF beside it.
 * Wiring: `deliverMail` behind the queue `deliver`, `sweepMails` in `sweep` (with `restarted` before the workers start on the
 * embedded database), `sendDigests` every hour behind `digest`, `smtpConnector` among the connectors.
 */
export { parseAddress } from './mail/address.ts';
export { mailCause } from './mail/causes.ts';
export { deliverMail, type MailTools, mailsAtOnce, recordBounce, sweepMails } from './mail/deliver.ts';
export { sendDigests } from './mail/digest.ts';
export {
  decideMail,
  type MailWish,
  queueMails,
  resendMail,
} from './mail/queue.ts';
export {
  checkMailSettings,
  type MailAccount,
  readMailAccount,
  saveMailSettings,
  smtpConnector,
  smtpConnectorId,
} from './mail/settings.ts';
export {
  createSender,
  type MailSender,
  messageIdOf,
  type SmtpSettings,
  smtpSettingsOfUrl,
} from './mail/smtp.ts';
export {
  check as checkMessage,
  escapeHtml,
  render as renderMessage,
} from './mail/template.ts';
export {
  localDay,
  localMoney,
  variables as messageVariables,
} from './mail/variables.ts';
export { typesetters } from './pdf/fonts.ts';
export { joinPdfs } from './pdf/join.ts';
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
} from './stored-pdf.ts';
