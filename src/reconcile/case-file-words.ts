import type { Texts } from '../contract/manifest.ts';
import { four } from '../diagnosis/index.ts';

/** Words of the case file's page. */
export const labels = {
  title: four(['Karta sprawy', 'Case file', 'Esetlap', 'Ärendeblad']),
  made: four(['sporządzono', 'made', 'készült', 'upprättat']),
  facts: four(['Dokument', 'Document', 'Bizonylat', 'Dokument']),
  kind: four(['Rodzaj', 'Kind', 'Fajta', 'Typ']),
  number: four(['Numer', 'Number', 'Szám', 'Nummer']),
  state: four(['Stan', 'State', 'Állapot', 'Läge']),
  buyer: four(['Nabywca', 'Buyer', 'Vevő', 'Köpare']),
  gross: four(['Brutto', 'Gross', 'Bruttó', 'Brutto']),
  net: four(['Netto', 'Net', 'Nettó', 'Netto']),
  tax: four(['Podatek', 'Tax', 'Adó', 'Skatt']),
  issueDate: four(['Data wystawienia', 'Issue date', 'Kiállítás', 'Utfärdandedatum']),
  saleDate: four(['Data sprzedaży', 'Sale date', 'Teljesítés', 'Försäljningsdatum']),
  dueDate: four(['Termin płatności', 'Due date', 'Fizetési határidő', 'Förfallodag']),
  order: four(['Zamówienie', 'Order', 'Rendelés', 'Order']),
  channel: four(['Kanał', 'Channel', 'Csatorna', 'Kanal']),
  ordered: four(['Zamówiono', 'Ordered', 'Megrendelve', 'Beställd']),
  paid: four(['Zapłacono', 'Paid', 'Kifizetve', 'Betald']),
  decisions: four(['Skąd się wzięło', 'How it came about', 'Hogyan alakult ki', 'Hur det blev så']),
  findings: four(['Co wstrzymuje lub ostrzega', 'What holds or warns', 'Ami visszatart vagy figyelmeztet', 'Vad som stoppar eller varnar']),
  transfers: four(['Przekazanie dostawcy', 'Handing over to the provider', 'Átadás a szolgáltatónak', 'Överlämnande till leverantören']),
  tries: four(['Próby', 'Tries', 'Próbálkozások', 'Försök']),
  request: four(['Zapytanie', 'Request', 'Kérés', 'Begäran']),
  response: four(['Odpowiedź', 'Response', 'Válasz', 'Svar']),
  deliveries: four(['Dostarczenie', 'Deliveries', 'Kézbesítés', 'Leveranser']),
  timeline: four(['Kto co zrobił', 'Who did what', 'Ki mit tett', 'Vem gjorde vad']),
  remedy: four(['Co zrobić', 'What to do', 'Teendő', 'Åtgärd']),
  taxTreatment: four(['Sposób opodatkowania', 'Tax treatment', 'Adózás módja', 'Skattehantering']),
  line: four(['Pozycja', 'Line', 'Tétel', 'Rad']),
} satisfies Record<string, Texts>;

/** Why a field is what it is, by the code of the rule. */
export const rules: Record<string, Texts> = {
  kind_suggested: four([
    'wynika z zamówienia ({suggestion})',
    'follows from the order ({suggestion})',
    'a rendelésből adódik ({suggestion})',
    'följer av ordern ({suggestion})',
  ]),
  kind_chosen: four(['wybrany w ustawieniach', 'chosen in the settings', 'a beállításokban választva', 'vald i inställningarna']),
  corrects: four(['koryguje {number}', 'corrects {number}', 'helyesbíti: {number}', 'krediterar {number}']),
  made_by_hand: four(['wpisany ręcznie', 'typed by hand', 'kézzel bevitt', 'inskriven för hand']),
  by_hand: four(['zmieniony ręcznie', 'changed by hand', 'kézzel módosítva', 'ändrad för hand']),
  buyer_from_request: four([
    'dane podane do dokumentu',
    'data given for the document',
    'a bizonylathoz megadott adatok',
    'uppgifter angivna för dokumentet',
  ]),
  buyer_from_order: four(['kupujący z zamówienia', 'the buyer of the order', 'a rendelés vevője', 'orderns köpare']),
  rate_channel: four([
    'stawka podana przez kanał',
    'rate given by the channel',
    'a csatorna által megadott kulcs',
    'skattesats från kanalen',
  ]),
  rate_rule: four(['stawka z reguły', 'rate of a rule', 'szabály szerinti kulcs', 'skattesats enligt regel']),
  rate_default: four(['stawka domyślna', 'default rate', 'alapértelmezett kulcs', 'standardsats']),
  rate_person: four(['stawka wybrana ręcznie', 'rate chosen by hand', 'kézzel választott kulcs', 'skattesats vald för hand']),
  rate_missing: four(['stawka nieznana', 'rate not known', 'ismeretlen kulcs', 'okänd skattesats']),
  treatment_rule: four([
    'z reguły lub wybrany na dokumencie',
    'by rule or chosen on the document',
    'szabály szerint vagy a bizonylaton választva',
    'enligt regel eller vald på dokumentet',
  ]),
  sale_date_rule: four([
    'według zasady „{policy}”',
    'by the rule “{policy}”',
    'a(z) „{policy}” szabály szerint',
    'enligt regeln ”{policy}”',
  ]),
  issue_date_rule: four(['dzień wystawienia', 'the day it was issued', 'a kiállítás napja', 'dagen då det utfärdades']),
  due_date_rule: four(['termin w dniach: {days}', 'terms in days: {days}', 'határidő napokban: {days}', 'villkor i dagar: {days}']),
};
