/**
 * What each SOAP service reads and writes, fields in the order of the schema (contract 2.4, 4, 8). A field is written
 * `Name:type` with `*` when required; a number is a string's maximum length, and `[]` an array of a structure.
 */
export type FieldType = 'string' | 'int' | 'short' | 'decimal' | 'dateTime' | 'boolean' | { structure: string } | { array: string };
export type Field = { name: string; type: FieldType; max: number | undefined; required: boolean };
export type OperationProfile = { headers: string[]; request: Field[]; response: Field[]; responseRoot: string };
export type ServiceProfile = {
  name: string;
  namespace: string;
  contract: string;
  operations: Record<string, OperationProfile>;
  structures: Record<string, Field[]>;
  generation: 1 | 2;
};

function fields(notation: string): Field[] {
  return notation
    .trim()
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => {
      const [, name, star, kind] = /^(\w+)(\*?)(?::(.+))?$/.exec(word)!;
      const required = star === '*';
      if (!kind || /^\d+$/.test(kind)) return { name: name!, type: 'string', max: kind ? Number(kind) : undefined, required };
      if (kind.endsWith('[]')) return { name: name!, type: { array: kind.slice(0, -2) }, max: undefined, required };
      if (/^[A-Z]/.test(kind)) return { name: name!, type: { structure: kind }, max: undefined, required };
      return { name: name!, type: kind as 'int', max: undefined, required };
    });
}

const baseAddress = 'Address1:50 Address2:50 COAddress:50 City:50 CountryCode:2 PostalCode:50';
const money = 'DueDate:dateTime InvoiceUrl:200 LowestAmountToPay:decimal PaymentReference:50 TotalAmount:decimal';

const structures = (generation: 1 | 2): Record<string, Field[]> => ({
  BaseAddress: fields(baseAddress),
  Address: fields(`${baseAddress} CellPhoneNumber:20 CompanyName:200 Email:260 Firstname:50 Lastname:50 PhoneNumber:20`),
  InvoiceRow: fields(
    `ArticleId*:50 Description*:50 Quantity*:int ${generation === 2 ? 'QuantityUnit:50' : ''} UnitPrice*:decimal VAT*:decimal`,
  ),
  // In an article the quantity is a string that holds an integer.
  Article: fields('ArticleId:50 Description:50 Quantity* UnitPrice:decimal'),
  ...(generation === 2
    ? {
        PaymentInfo: fields('BankAccount:50 BankAccountType:int PaymentReference:350 ReceiverName:64 ReceiverRegNumber:64'),
        AdditionalInformation: fields('Key:50 Value:50'),
      }
    : {}),
});

type Version = 'V31' | 'V32' | 'V33' | 'G2';

function invoiceOperations(version: Version): Record<string, OperationProfile> {
  const g2 = version === 'G2';
  const store = g2 ? 'StoreId:int' : 'StoreId:short';
  const pay = g2 ? 'PaymentInfo:PaymentInfo' : '';
  const settlement = (max: number) => (g2 ? `SettlementReference:${max}` : '');
  const classification = g2 ? 'PurchaseClassification:50' : '';
  const information = g2 ? 'AdditionalInformation:AdditionalInformation[]' : version === 'V31' ? '' : 'AdditionalInformation';
  const byInvoice = `CorrelationId:50 CountryCode*:2 InvoiceNo*:50`;
  const operation = (
    name: string,
    headers: 'two' | 'three',
    request: string,
    response: string,
    suffix = '',
  ): [string, OperationProfile] => [
    name,
    {
      headers: headers === 'three' ? ['ClientIpAddress', 'Password', 'Username'] : ['Password', 'Username'],
      request: fields(request),
      response: fields(response),
      responseRoot: `${name}Response${g2 ? '' : suffix}`,
    },
  ];
  const adjust =
    version === 'V31' || version === 'V32'
      ? `Amount*:decimal ArticleId*:50 CorrelationId:50 CountryCode*:2 Description*:50 InvoiceNo*:50 ${store} Vat*:decimal`
      : `${byInvoice} InvoiceRows*:InvoiceRow[] ${classification} ${settlement(50)} ${store}`;
  return Object.fromEntries([
    operation(
      'AddInvoice',
      'three',
      `ActivationOption*:int ${information} CorrelationId:50 CostCenter:50 CountryCode*:2 CreditTime:int Currency*:3 CustomerNo:20
       DeliveryAddress*:Address Gender:int InvoiceAddress*:Address InvoiceDeliveryMethod*:int InvoiceRows*:InvoiceRow[] InvoiceType*:int
       OrderDate*:dateTime OrderNo:20 ${pay} ProductCode:50 ${classification} PurchaseType:int Reference:50 RegNo*:12 SalesPerson:50 ${store}`,
      `AvailableReservationAmount:decimal CorrelationId:50 DueDate:dateTime InvoiceNo:50 InvoiceStatus:int InvoiceUrl:200
       LowestAmountToPay:decimal PaymentReference:50 TotalAmount:decimal`,
      'V31',
    ),
    operation('ActivateInvoice', 'two', `${byInvoice} ${pay} ${store}`, `CorrelationId:50 ${money}`, 'V31'),
    operation(
      'PartActivateInvoice',
      'two',
      `ArticleList*:Article[] ${byInvoice} ${pay} ${store}`,
      `CorrelationId:50 ${money.replace('PaymentReference', 'NewInvoiceNo:50 PaymentReference')}`,
      'V31',
    ),
    operation('CancelInvoice', 'two', `${byInvoice} ${store}`, 'CorrelationId:50'),
    operation(
      'ReplaceInvoice',
      g2 ? 'three' : 'two',
      `${byInvoice} InvoiceRows*:InvoiceRow[] ${classification} ${store}`,
      `${g2 ? '' : 'AvailableReservationAmount:decimal'} CorrelationId:50 InvoiceStatus:int TotalAmount:decimal`,
    ),
    operation(
      'SendInvoice',
      g2 ? 'three' : 'two',
      `CorrelationId:50 CountryCode*:2 Email:260 InvoiceDeliveryMethod*:int InvoiceNo*:50 ${store}`,
      `AvailableReservationAmount:decimal CorrelationId:50 ${money.replace('PaymentReference', 'NewInvoiceNo:50 PaymentReference')}`,
    ),
    operation('ExtendDueDate', 'two', `${byInvoice} ${store}`, 'CorrelationId:50 DueDate:dateTime'),
    operation(
      'CreditInvoice',
      'two',
      `CorrelationId:50 CountryCode*:2 CreditDate*:dateTime InvoiceNo*:50 ${settlement(350)} ${store}`,
      'CorrelationId:50',
    ),
    operation(
      'PartCreditInvoice',
      'two',
      `ArticleList*:Article[] CorrelationId:50 CountryCode*:2 CreditDate*:dateTime InvoiceNo*:50 ${settlement(350)} ${store}`,
      'CorrelationId:50',
    ),
    operation('AdjustInvoice', 'two', adjust, 'CorrelationId:50'),
    operation(
      'GetAddress',
      'three',
      `CorrelationId:50 CountryCode*:2 RegNo*:12 ${store}`,
      'Addresses:BaseAddress[] CorrelationId:50 Firstname:50 Lastname:50 RegNo:12',
    ),
    ...(g2 ? [operation('GetInvoiceInformation', 'three', `${byInvoice} ${store}`, 'CorrelationId:50 Status:int')] : []),
    operation(
      'SetReservation',
      'three',
      `${
        g2 ? `${information} CompanyEmailAuthorizedSignatory:100 CompanyPersonalGuarantee:boolean CompanyRegNoAuthorizedSignatory:12` : ''
      } CorrelationId:50 CountryCode*:2 RegNo*:12 ReservedAmount*:decimal ${store}`,
      'AvailableReservationAmount:decimal CorrelationId:50',
    ),
    operation(
      'GetReservation',
      'two',
      `CorrelationId:50 CountryCode*:2 RegNo*:12 ${store}`,
      'AvailableReservationAmount:decimal CorrelationId:50',
      'V31',
    ),
    operation('CancelReservation', 'two', `CorrelationId:50 CountryCode*:2 RegNo*:12 ${store}`, 'CorrelationId:50'),
  ]);
}

const root = 'http://schemas.ecommerce.collector.se/v30';

function invoiceService(version: 'V31' | 'V32' | 'V33'): ServiceProfile {
  return {
    name: `InvoiceService${version}`,
    namespace: `${root}/InvoiceService`,
    contract: `IInvoiceService${version}`,
    operations: invoiceOperations(version),
    structures: structures(1),
    generation: 1,
  };
}

function paymentService(version: 'V9' | 'V10'): ServiceProfile {
  return {
    name: `PaymentService${version}`,
    namespace: `${root}/PaymentService`,
    contract: `IPaymentService${version}`,
    operations: invoiceOperations('G2'),
    structures: structures(2),
    generation: 2,
  };
}

function informationService(name: string, contract: string): ServiceProfile {
  const query = 'CorrelationId:50 CountryCode*:2 InvoiceNo:50 PaymentReference:50 StoreId:short';
  const operation = (name: string, request: string, response: string): [string, OperationProfile] => [
    name,
    { headers: ['Password', 'Username'], request: fields(request), response: fields(response), responseRoot: `${name}Response` },
  ];
  return {
    name,
    namespace: `${root}/InformationService`,
    contract,
    generation: 1,
    structures: {
      Account: fields('InvoiceBalance:decimal InvoiceStatus InvoiceType LatestInvoiceNo:50 MovedToPaymentRef:50 PaymentReferenceNo:50'),
      Transaction: fields(
        `ArticleId:50 Currency:3 Description:50 MovedFromAccount:50 MovedToAccount:50 OriginalCurrencyInformation:50 Quantity:int
         TransactionDate:dateTime TransactionType:50 UnitPrice:decimal VatRate:decimal`,
      ),
    },
    operations: Object.fromEntries([
      operation(
        'GetCurrentInvoice',
        query,
        `CorrelationId:50 CreditTime:int Currency:3 DueDate:dateTime InvoiceNo:50 InvoiceURL:200 LowestAmountToPay:decimal
         MovedToPaymentRef:50 PaymentReferenceNo:50 TotalAmount:decimal`,
      ),
      operation(
        'GetAccounts',
        'CorrelationId:50 CountryCode*:2 CustomerNo:50 IntegrationId:128 RegNo:12 StoreId:short',
        'Accounts:Account[] CorrelationId:50',
      ),
      operation('GetAccountTransactions', query, 'CorrelationId:50 Transactions:Transaction[]'),
    ]),
  };
}

/** By the last part of the path, in lower case: host and path do not tell cases apart. */
export const services: Record<string, ServiceProfile> = {
  'invoiceservicev31.svc': invoiceService('V31'),
  'invoiceservicev32.svc': invoiceService('V32'),
  'invoiceservicev33.svc': invoiceService('V33'),
  'informationservice.svc': informationService('InformationService', 'IInformationService'),
  'informationservicev2.svc': informationService('InformationServiceV2', 'IInformationServiceV2'),
  'paymentservicev9.svc': paymentService('V9'),
  'paymentservicev10.svc': paymentService('V10'),
};

export const operationNames: ReadonlySet<string> = new Set(Object.values(services).flatMap((service) => Object.keys(service.operations)));
