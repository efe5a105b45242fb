/** Delivery: how issued documents reach people. Each way has its own status; mail is here, the PDF beside it. */
export { type EmailKind, emailKind, maskedDomains, parseAddress } from './mail/address.ts';
export { type Bounce, readBounce } from './mail/bounce.ts';
export { mailCause, mailCauses } from './mail/causes.ts';
export { defaultTemplate } from './mail/default-templates.ts';
export {
  checkSmtp,
  createSender,
  type MailSender,
  type OutgoingMail,
  type SendOutcome,
  type SmtpSettings,
  smtpSettingsSchema,
} from './mail/smtp.ts';
export {
  check as checkMessage,
  type MessageTemplate,
  type RenderedMessage,
  type Rendering,
  render as renderMessage,
  translateBrackets,
} from './mail/template.ts';
export { type MessageExtras, shortName, type Variable, variables as messageVariables } from './mail/variables.ts';
