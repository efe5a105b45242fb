import type { LineField, OrderField } from '../order-file.ts';
import { fold } from './values.ts';

/** Names under which shops write the fields of an order, in Polish, English, Hungarian, Swedish and German; compared folded. The first are the likeliest. */

const order: Partial<Record<OrderField, string>> = {
  externalId:
    'transaction-id transactionid nr_transakcji numer_transakcji id_transakcji orderid order-id order_id order-number orderno order_no nr_zamowienia numer_zamowienia id_zamowienia zamowienie order nr_zam id number numer nr rendeles_szama rendelesszam rendeles_azonosito rendelesazonosito megrendeles_szama azonosito ordernummer bestallningsnummer ordernr bestellnummer bestellnr bestellung auftragsnummer bestell_id order-reference reference referencia',
  orderedAt:
    'date data data_transakcji data_zakupu data_sprzedazy data_zamowienia orderdate order-date order_date boughtat created created_at createdat purchase-date purchasedate sale-date data_zlozenia rendeles_datuma rendelesi_datum datum rendeles_ideje vasarlas_datuma orderdatum bestallningsdatum kopdatum bestelldatum kaufdatum auftragsdatum order-time ordertime placed_at placed bought_at date_created datecreated order_created data_zlozenia_zamowienia',
  currency: 'currency waluta currencycode kod_waluty penznem deviza valuta wahrung waehrung order-currency',
  sellerStatus: 'sellerstatus orderstatus order-status status_zamowienia stan_zamowienia rendeles_allapota rendelesi_allapot bestellstatus',
  marketplace: 'marketplace platforma serwis piacter marknadsplats marktplatz sprzedawane_na channel sales-channel',
  'buyer.login': 'login buyer-login login_kupujacego nick kupujacy buyerlogin username user felhasznalonev anvandarnamn benutzername',
  'buyer.email':
    'email e-mail mail email_kupujacego buyeremail buyer-email adres_email email_cim emailcim e-mail-cim epost e-post epostadress e-mail-adresse emailadresse customer-email',
  'buyer.phone':
    'phone telefon tel nr_telefonu telefon_kupujacego buyerphone mobile telefonszam telefonnummer mobil mobiltelefon telefonnr',
  'buyer.name':
    'full-name fullname imie_nazwisko imie_i_nazwisko nazwa buyername buyer-name name customer klient nabywca odbiorca kupujacy_nazwa customername nev teljes_nev vevo vevo_neve vasarlo vasarlo_neve ugyfel_neve ugyfel namn kundnamn kund kunde kundenname buyer kaufer kaeufer kunden_name klient_nazwa',
  'buyer.firstName': 'first-name imie firstname keresztnev utonev fornamn vorname',
  'buyer.lastName': 'last-name nazwisko lastname surname vezeteknev csaladnev efternamn nachname',
  'buyer.company':
    'company firma nazwa_firmy buyercompany companyname cegnev ceg cegneve foretag foretagsnamn firmanamn firmenname unternehmen business-name',
  'buyer.taxId':
    'nip tax-id taxid vatid vat-id adoszam vevo_adoszama organisationsnummer orgnr momsnummer vat-nummer momsregnr ustidnr ust-idnr ustid umsatzsteuer-id vat-number vatnumber tax-number taxnumber eu_vat nip_klienta',
  'buyer.street':
    'street ulica adres address buyeraddress street1 ulica_nr cim utca utca_hazszam adress gatuadress gata strasse anschrift address1 address-1 address-line-1 addressline1 street-address ulica_i_numer',
  'buyer.postalCode':
    'postcode kod kod_pocztowy zip zipcode buyerzip postalcode postal-code iranyitoszam irsz postnummer postnr plz postleitzahl postal kod_poczt post-code',
  'buyer.city': 'city miasto miejscowosc buyercity town varos telepules helyseg ort stad postort stadt',
  'buyer.country': 'country kraj buyercountrycode countrycode orszag orszagkod land landkod landskod country-code',
  'delivery.name': 'full-name fullname imie_nazwisko imie_i_nazwisko nazwa name odbiorca recipient atvevo cimzett mottagare empfanger',
  'delivery.company': 'company firma nazwa_firmy',
  'delivery.street': 'street ulica adres address',
  'delivery.postalCode': 'postcode kod kod_pocztowy zip zipcode postalcode',
  'delivery.city': 'city miasto miejscowosc',
  'delivery.country': 'country kraj countrycode',
  'delivery.method':
    'sposob_dostawy deliverymethod delivery-method dostawa shipping-method method metoda_dostawy sposob_wysylki wysylka metoda sposob shippingmethod carrier szallitasi_mod szallitas_modja szallitasi_mod_neve leveranssatt fraktsatt versandart versandmethode shipping-option',
  'delivery.gross':
    'koszt_dostawy koszt_przesylki koszt_wysylki postage deliveryamount delivery-cost deliverycost shipping-cost shippingcost shipping cost koszt price cena amount kwota oplata_za_dostawe szallitasi_koltseg szallitasi_dij szallitas postakoltseg frakt fraktkostnad leveransavgift fraktavgift versand versandkosten porto shipping-total shippingtotal delivery-total shipping-amount dostawa_koszt cena_dostawy wysylka_koszt koszty_dostawy',
  'delivery.pickupPoint': 'pickup-point pickuppoint punkt_odbioru paczkomat atvevopont csomagpont utlamningsstalle abholpunkt',
  'delivery.tracking':
    'tracking-number tracking nr_przesylki numer_przesylki list_przewozowy csomagszam sparningsnummer kollinummer sendungsnummer',
  'invoice.requested':
    'invoice faktura czy_faktura want_invoice dokument requested invoice-requested wantinvoice chce_fakture szamla szamlat_ker faktura_onskas rechnung_gewunscht chce-fakture',
  'invoice.name':
    'full-name fullname imie_nazwisko imie_i_nazwisko nazwa name invoicename nabywca szamlazasi_nev faktureringsnamn rechnungsname',
  'invoice.company': 'invoice-company faktura_firma invoicecompanyname company firma nazwa_firmy',
  'invoice.taxId': 'nip tax-id taxid nr_nip numer_nip faktura_nip invoicetaxid vat-id vatid nip_nabywcy szamlazasi_adoszam',
  'invoice.street': 'street ulica adres address invoiceaddress',
  'invoice.postalCode': 'postcode kod kod_pocztowy zip zipcode postalcode invoicezip',
  'invoice.city': 'city miasto miejscowosc invoicecity',
  'invoice.country': 'country kraj countrycode invoicecountrycode',
  'payment.method':
    'sposob_platnosci platnosc metoda_platnosci payment-method paymentmethod forma_platnosci type typ method metoda sposob fizetesi_mod fizetes_modja fizetes betalsatt betalningssatt betalningsmetod zahlungsart zahlungsmethode bezahlmethode zahlweise payment',
  'payment.provider': 'paymentprovider payment-provider operator provider',
  'payment.externalId': 'payment-id paymentid nr_platnosci id_platnosci id tranzakcio_azonosito betalnings-id zahlungs-id transactionref',
  'payment.status':
    'status_platnosci paymentstatus payment-status status stan oplacone fizetes_allapota fizetve fizetesi_allapot betalningsstatus betald zahlungsstatus bezahlt financial-status financialstatus zaplacone zaplacono oplacono',
  'payment.amount':
    'kwota_wplaty wplata zaplacono totalpaidamount amount kwota paid paid-amount befizetett_osszeg fizetett_osszeg betalt_belopp betalt gezahlt',
  'payment.paidAt':
    'data_wplaty data_platnosci paid-at paidat payment-date paymentdate date data fizetes_datuma fizetes_ideje betalningsdatum betald_datum zahlungsdatum bezahlt_am date-paid datepaid',
  declaredTotal:
    'total razem suma wartosc_transakcji totaltopayamount order-total ordertotal grand-total grandtotal do_zaplaty wartosc_zamowienia kwota_zamowienia suma_zamowienia lacznie total-gross totalgross vegosszeg fizetendo osszesen_fizetendo rendeles_osszege brutto_vegosszeg fizetendo_osszeg ordersumma totalbelopp totalt summa_totalt attbetala slutsumma gesamtbetrag gesamtsumme endbetrag rechnungsbetrag total-amount totalamount amount-total razem_brutto suma_brutto wartosc_brutto_zamowienia total-price-order kwota_razem osszesen osszeg summa summe sum gesamt brutto',
  buyerMessage:
    'message wiadomosc uwagi komentarz comment notes uwagi_kupujacego megjegyzes uzenet vevo_megjegyzese meddelande kommentar kundkommentar bemerkung nachricht customer-note',
  sellerNote: 'sellernotes notatka seller-note belso_megjegyzes intern_notering notiz',
};

const line: Partial<Record<LineField, string>> = {
  externalId: 'lineitemid line-id lineid id_pozycji item-line-id tetel_azonosito radid radnummer positionsnummer lineitem-id',
  offerId:
    'item-id auction-id nr_aukcji numer_oferty id_oferty offerid offer-id nr_oferty numer_aukcji id_aukcji auction ajanlat_azonosito annonsnummer angebotsnummer listing-id',
  name: 'title tytul nazwa_oferty nazwa_przedmiotu nazwa_produktu nazwa_towaru produkt product product-name productname item-name itemname towar przedmiot name nazwa opis description termek termek_neve termeknev tetel_neve megnevezes artikel artikelnamn benamning vara produktnamn beskrivning produktname artikelbezeichnung artikelname bezeichnung ware nazwa_pozycji item',
  sku: 'signature sygnatura sku kod_produktu externalid kod_towaru symbol indeks product-code productcode code kod cikkszam termekkod artikelnummer artikelnr artnr produktkod artikelkod item-number itemnumber item-no part-number variant-sku',
  ean: 'ean gtin kod_kreskowy barcode vonalkod streckkod',
  quantity:
    'quantity ilosc liczba liczba_sztuk szt qty sztuk pieces count mennyiseg db darab darabszam antal menge anzahl stuckzahl units ilosc_sztuk quantity-purchased quantity-ordered qty-ordered',
  unit: 'unit jednostka jm egyseg mertekegyseg enhet einheit',
  unitGross:
    'price cena cena_jednostkowa cena_brutto unit-price unitprice unit-gross unitgross price-gross pricegross cena_za_sztuke ar egysegar brutto_egysegar brutto_ar pris a-pris apris styckpris enhetspris pris_inkl_moms preis einzelpreis stuckpreis cena_brutto_jednostkowa cena_jednostkowa_brutto cena_brutto_za_szt price-each priceeach item-price unit-price-gross price-incl-tax price-incl-vat',
  lineGross:
    'amount wartosc kwota suma wartosc_brutto line-total linetotal total-price totalprice razem_pozycja wartosc_pozycji osszesen osszeg tetel_osszege brutto_osszeg brutto_ertek ertek radsumma belopp radbelopp gesamtpreis positionsbetrag zeilensumme betrag line-amount row-total rowtotal subtotal-gross wartosc_pozycji_brutto',
  rate: 'vat vat-rate vatrate stawka_vat stawka tax-rate taxrate afa afa_kulcs afakulcs moms momssats mwst mwst-satz steuersatz vat-percent tax-percent',
  returnedQuantity: 'returnsquantity zwrocono returned visszakuldott returnerat',
  depositUnit: 'deposit kaucja pant pfand betetdij',
  boughtAt: 'deal-date dealdate',
};

const names = (text: string) => text.split(' ').map(fold);
/** What a buyer's street is called, an invoice's and a delivery's are called too. */
const alsoOfBuyer = (field: string) =>
  order[field.replace(/^(invoice|delivery)\.(?=name|company|taxId|street|postalCode|city|country)/, 'buyer.') as OrderField];
export const orderAliases = new Map(
  Object.entries(order).map(([field, text]) => [field as OrderField, [...new Set([...names(text), ...names(alsoOfBuyer(field) ?? '')])]]),
);
export const lineAliases = new Map(Object.entries(line).map(([field, text]) => [field as LineField, names(text)]));
/** The field of a line that a name means most likely. */
export const lineFieldOf = new Map([...lineAliases].flatMap(([field, list]) => list.map((name) => [name, field] as const)).reverse());

/** Words of elements, and of parts of names, that say whose data follow. */
export const partWords: [string[], 'buyer' | 'invoice' | 'delivery' | 'payment'][] = [
  [['buyer', 'kupujac', 'klient', 'customer', 'nabywc', 'client', 'vevo', 'vasarlo', 'ugyfel', 'kund', 'kaufer', 'kaeufer'], 'buyer'],
  [['invoice', 'faktur', 'billing', 'szamlaz', 'rechnung'], 'invoice'],
  [
    [
      'shipment',
      'shipping',
      'ship',
      'delivery',
      'dostaw',
      'wysylk',
      'odbiorc',
      'recipient',
      'przesylk',
      'szallit',
      'atvev',
      'leverans',
      'frakt',
      'liefer',
      'versand',
    ],
    'delivery',
  ],
  [['payment', 'platnos', 'wplat', 'zaplat', 'fizet', 'betal', 'zahlung'], 'payment'],
];

/** Words that say that a column belongs to a line of the order. */
export const lineWords = [
  'lineitem',
  'item',
  'line',
  'product',
  'pozycj',
  'produkt',
  'towar',
  'termek',
  'tetel',
  'artikel',
  'rad',
  'position',
];
/** Words that add nothing to the name of a column. */
export const idleWords = new Set([
  'brutto',
  'gross',
  'pln',
  'zl',
  'eur',
  'huf',
  'sek',
  'ft',
  'kr',
  'szt',
  'order',
  'zamowienia',
  'zamowienie',
]);
/** Names that lines, orders and parties share: in a flat table a plainer name beats them. */
export const sharedNames = new Set([
  'name',
  'nazwa',
  'opis',
  'description',
  'kod',
  'code',
  'id',
  'price',
  'cost',
  'amount',
  'kwota',
  'suma',
  'razem',
  'nev',
  'namn',
  'belopp',
  'osszeg',
  'nr',
  'numer',
  'number',
  'type',
  'typ',
  'status',
]);
