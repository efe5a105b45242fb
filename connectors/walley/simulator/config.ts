export type Segment = 'B2C' | 'B2B';

export type Store = {
  storeId: number;
  countryCode: string;
  segment: Segment;
  currency: string;
  dueDays?: number;
  pendingDays?: number;
  extendDays?: number;
};

/** Contract 16.1, and switches for rules of an agreement that differ from seller to seller. */
export type Config = {
  pendingDays: number;
  dueDays: number;
  extendDays: number;
  lowestAmountFloor: string;
  maxCreditAmount: string;
  nextInvoiceNo: number;
  strictOrder: boolean;
  callbackDelayMs: number;
  /** How long REST reads go on showing the state before a write. */
  restLagMs: number;
  /** How long after an activation its PDF is not there yet. */
  pdfLagMs: number;
  tokenLifeSeconds: number;
  credentials: { username: string; password: string; clientId: string; clientSecret: string };
  stores: Store[];
  /** Invoice types of the agreement; another is INVOICE_TYPE_IS_NOT_ALLOWED_TO_BE_USED. */
  invoiceTypes: number[];
  inactiveProductCodes: string[];
  /** Invoice types that may not be delivered by e-mail, or by post. */
  emailNotAllowedTypes: number[];
  mailNotAllowedTypes: number[];
  /** Regions where raising an order is not allowed. */
  loweringOnlyCountries: string[];
};

export function defaultConfig(): Config {
  return {
    pendingDays: 90,
    dueDays: 14,
    extendDays: 10,
    lowestAmountFloor: '50.00',
    maxCreditAmount: '50000.00',
    nextInvoiceNo: 62_396_700,
    strictOrder: true,
    callbackDelayMs: 0,
    restLagMs: 0,
    pdfLagMs: 0,
    tokenLifeSeconds: 3599,
    credentials: { username: 'USERNAME', password: 'PASSWORD', clientId: 'sim-client', clientSecret: 'sim-secret' },
    stores: [
      { storeId: 1234, countryCode: 'SE', segment: 'B2C', currency: 'SEK' },
      { storeId: 1235, countryCode: 'SE', segment: 'B2B', currency: 'SEK' },
      { storeId: 355, countryCode: 'SE', segment: 'B2C', currency: 'SEK', dueDays: 180 },
    ],
    invoiceTypes: [0, 1, 3, 4, 5],
    inactiveProductCodes: ['INACTIVE'],
    emailNotAllowedTypes: [],
    mailNotAllowedTypes: [],
    loweringOnlyCountries: ['DE', 'AT', 'NL'],
  };
}

/** Buyers whose number decides how AddInvoice ends; any other right number is approved. */
export const testBuyers: Record<string, string> = {
  '9001019802': 'OK',
  '9001029819': 'ONHOLD_THEN_PENDING',
  '9001039826': 'ONHOLD_THEN_REJECTED',
  '9001049833': 'CREDIT_CHECK_DENIED',
  '9001059840': 'DENIED_TO_PURCHASE',
  '9001069856': 'ADDRESS_NOT_FOUND',
  '9001079863': 'PURCHASE_AMOUNT_GREATER_THAN_MAX_CREDIT_AMOUNT',
  '9001089870': 'AGREEMENT_RULES_VALIDATION_FAILED',
  '9001099887': 'SIGNING',
  '9001109892': 'STRONG_VERIFICATION',
  '9001119909': 'UNHANDLED_EXCEPTION',
  '5599999991': 'OK',
  '5599999983': 'CREDIT_CHECK_DENIED',
};
