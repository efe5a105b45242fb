/** What an endpoint can ask to be told of (docs/webhooks.md); here alone, for the calls, the API and its screen. */
export const webhookEvents = [
  'document.prepared',
  'document.held',
  'document.issued',
  'document.delivered',
  'document.delivery_failed',
  'document.transferred',
  'document.transfer_failed',
  'import.finished',
  'connection.blocked',
] as const;
export type WebhookEvent = (typeof webhookEvents)[number];
