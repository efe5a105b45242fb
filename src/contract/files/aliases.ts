import type { LineField, OrderField } from '../order-file.ts';
import { fold } from './values.ts';

/** Names under which shops write the fields of an order, in Polish and English; compared folded. The first names are the likeliest. */

const order: Partial<Record<OrderField, string>> = {
  externalId:
    'transaction-id transactionid nr_transakcji numer_transakcji id_transakcji orderid order-id order_id order-number orderno order_no nr_zamowienia numer_zamowienia id_zamowienia zamowienie order nr_zam id number numer nr',
  orderedAt:
    'date data data_transakcji data_zakupu data_sprzedazy data_zamowienia orderdate order-date order_date boughtat created created_at createdat purchase-date purchasedate sale-date data_zlozenia',
  currency: 'currency waluta currencycode kod_waluty',
  sellerStatus: 'sellerstatus orderstatus order-status status_zamowienia stan_zamowienia',
  marketplace: 'marketplace platforma serwis',
  'buyer.login': 'login buyer-login login_kupujacego nick kupujacy buyerlogin username user',
  'buyer.email': 'email e-mail mail email_kupujacego buyeremail buyer-email adres_email',
  'buyer.phone': 'phone telefon tel nr_telefonu telefon_kupujacego buyerphone mobile',
  'buyer.name':
    'full-name fullname imie_nazwisko imie_i_nazwisko nazwa buyername buyer-name name customer klient nabywca odbiorca kupujacy_nazwa customername',
  'buyer.firstName': 'first-name imie firstname',
  'buyer.lastName': 'last-name nazwisko lastname surname',
  'buyer.company': 'company firma nazwa_firmy buyercompany companyname',
  'buyer.taxId': 'nip tax-id taxid vatid vat-id',
  'buyer.street': 'street ulica adres address buyeraddress street1 ulica_nr',
  'buyer.postalCode': 'postcode kod kod_pocztowy zip zipcode buyerzip postalcode postal-code',
  'buyer.city': 'city miasto miejscowosc buyercity town',
  'buyer.country': 'country kraj buyercountrycode countrycode',
  'delivery.name': 'full-name fullname imie_nazwisko imie_i_nazwisko nazwa name odbiorca recipient',
  'delivery.company': 'company firma nazwa_firmy',
  'delivery.street': 'street ulica adres address',
  'delivery.postalCode': 'postcode kod kod_pocztowy zip zipcode postalcode',
  'delivery.city': 'city miasto miejscowosc',
  'delivery.country': 'country kraj countrycode',
  'delivery.method':
    'sposob_dostawy deliverymethod delivery-method dostawa shipping-method method metoda_dostawy sposob_wysylki wysylka metoda sposob shippingmethod carrier',
  'delivery.gross':
    'koszt_dostawy koszt_przesylki koszt_wysylki postage deliveryamount delivery-cost deliverycost shipping-cost shippingcost shipping cost koszt price cena amount kwota oplata_za_dostawe',
  'delivery.pickupPoint': 'pickup-point pickuppoint punkt_odbioru paczkomat',
  'delivery.tracking': 'tracking-number tracking nr_przesylki numer_przesylki list_przewozowy',
  'invoice.requested': 'invoice faktura czy_faktura want_invoice dokument requested invoice-requested wantinvoice chce_fakture',
  'invoice.name': 'full-name fullname imie_nazwisko imie_i_nazwisko nazwa name invoicename nabywca',
  'invoice.company': 'invoice-company faktura_firma invoicecompanyname company firma nazwa_firmy',
  'invoice.taxId': 'nip tax-id taxid nr_nip numer_nip faktura_nip invoicetaxid vat-id vatid nip_nabywcy',
  'invoice.street': 'street ulica adres address invoiceaddress',
  'invoice.postalCode': 'postcode kod kod_pocztowy zip zipcode postalcode invoicezip',
  'invoice.city': 'city miasto miejscowosc invoicecity',
  'invoice.country': 'country kraj countrycode invoicecountrycode',
  'payment.method': 'sposob_platnosci platnosc metoda_platnosci payment-method paymentmethod forma_platnosci type typ method metoda sposob',
  'payment.provider': 'paymentprovider payment-provider operator provider',
  'payment.externalId': 'payment-id paymentid nr_platnosci id_platnosci id',
  'payment.status': 'status_platnosci paymentstatus payment-status status stan oplacone',
  'payment.amount': 'kwota_wplaty wplata zaplacono totalpaidamount amount kwota paid paid-amount',
  'payment.paidAt': 'data_wplaty data_platnosci paid-at paidat payment-date paymentdate date data',
  declaredTotal:
    'total razem suma wartosc_transakcji totaltopayamount order-total ordertotal grand-total grandtotal do_zaplaty wartosc_zamowienia kwota_zamowienia suma_zamowienia lacznie total-gross totalgross',
  buyerMessage: 'message wiadomosc uwagi komentarz comment notes uwagi_kupujacego',
  sellerNote: 'sellernotes notatka seller-note',
};

const line: Partial<Record<LineField, string>> = {
  externalId: 'lineitemid line-id lineid id_pozycji item-line-id',
  offerId: 'item-id auction-id nr_aukcji numer_oferty id_oferty offerid offer-id nr_oferty numer_aukcji id_aukcji auction',
  name: 'title tytul nazwa_oferty nazwa_przedmiotu nazwa_produktu nazwa_towaru produkt product product-name productname item-name itemname towar przedmiot name nazwa opis description',
  sku: 'signature sygnatura sku kod_produktu externalid kod_towaru symbol indeks product-code productcode code kod',
  ean: 'ean gtin kod_kreskowy barcode',
  quantity: 'quantity ilosc liczba liczba_sztuk szt qty sztuk pieces count',
  unit: 'unit jednostka jm',
  unitGross: 'price cena cena_jednostkowa cena_brutto unit-price unitprice unit-gross unitgross price-gross pricegross cena_za_sztuke',
  lineGross: 'amount wartosc kwota suma wartosc_brutto line-total linetotal total-price totalprice razem_pozycja wartosc_pozycji',
  rate: 'vat vat-rate vatrate stawka_vat stawka tax-rate taxrate',
  returnedQuantity: 'returnsquantity zwrocono returned',
  depositUnit: 'deposit kaucja',
  boughtAt: 'deal-date dealdate',
};

const names = (text: string) => text.split(' ').map(fold);
export const orderAliases = new Map(Object.entries(order).map(([field, text]) => [field as OrderField, names(text)]));
export const lineAliases = new Map(
  Object.entries(line)
    .flatMap(([field, text]) => names(text).map((name) => [name, field as LineField] as const))
    .reverse(),
);

/** Words of elements and of name prefixes that say whose data follow. */
export const partWords: [string[], 'buyer' | 'invoice' | 'delivery' | 'payment'][] = [
  [['buyer', 'kupujac', 'klient', 'customer', 'nabywc', 'client'], 'buyer'],
  [['invoice', 'faktur', 'billing'], 'invoice'],
  [['shipment', 'shipping', 'delivery', 'dostaw', 'wysylk', 'odbiorc', 'recipient', 'przesylk'], 'delivery'],
  [['payment', 'platnos', 'wplat', 'zaplat'], 'payment'],
];
