export const paymentMeans = ['online', 'card', 'bank_transfer', 'cash_on_delivery', 'cash', 'deferred', 'voucher', 'other'] as const;
