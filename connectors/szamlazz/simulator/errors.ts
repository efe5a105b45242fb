/** A refusal by the Agent. Where it is told (headers, body, text) depends on the action and the reply version. */
export class AgentError extends Error {
  override name = 'AgentError';
  readonly code: string;
  constructor(code: string, message = defaultMessages[code] ?? '') {
    super(message);
    this.code = code;
  }
}

/** The account is shut out of the interface (section 14.2, last paragraph): plain HTML until reset. */
export class Banned extends Error {
  override name = 'Banned';
}

/** Fixed texts; those that name a value are built where the value is known. Codes without a recorded text have none here either. */
const defaultMessages: Record<string, string> = {
  '1': 'Rendszerkarbantartás, kérem próbálja meg pár perc múlva.',
  '3': 'Sikertelen bejelentkezés.',
  '7': 'Hiányzó adat.',
  '14': 'Sztornó és jóváíró számlát nem lehet sem sztornózni, sem jóváírni.',
  '53': 'Hiányzó XML fájl.',
  '54': 'E-számla készítés nincs engedélyezve.',
  '55': 'E-számla aláírása sikertelen.',
  '56': 'Számlaértesítő kézbesítése sikertelen.',
  '57': 'XML beolvasási hiba.',
  '71': 'Már létező rendelésszám.',
  '135': 'Számla Agent futtatásához kérjük böngészőkében lépjen ki a Számlázz.hu rendszerből',
  '136': 'Bejelentkezési hiba: a fiókhoz kiegyenlítetlen díj tartozik. Kérjük lépjen be a Számlázz.hu rendszerbe böngészőn keresztül.',
  '152': 'Már létező rendelésszám.',
  '153':
    'Hoppá... e-mail küldés sikertelen. Az ok: Rövid időn belül túl sok értesítőt küldél ki. Kérjük, várj legalább 15 másodpercet a következő küldés előtt!.',
  '164': 'Ezt a funkciót csak olyan felhasználó veheti igénybe, aki egyetlen Számlázz.hu fiókhoz férhet hozzá.',
  '173': 'A számla kelte nem lehet korábbi, mint az utoljára elkészített számláé.',
  '202': 'Ez a számlaszám előtag nem létezik vagy nincs engedélyezve.',
  '221': 'Ez a számla nem sztornózható (van helyesbítő számlája).',
  '335': 'Nincs ilyen díjbekérő (vagy törölték, vagy nem is létezett).',
  '336': 'Az előtag már számlák előtagjaként szerepel.',
  '337': 'Az előtag csak nagybetűket és számokat tartalmazhat, és hossza legfeljebb 5 karakter lehet.',
  '338': 'A megadott hívásazonosító már létezik.',
  '339': 'A megadott nyugtaszám nem létezik.',
  '340': 'A kifizetések összege nem egyezik a nyugta bruttó végösszegével.',
  '363': 'Forint nyugtán a tétel bruttó értéke csak egész szám lehet.',
  '364': 'Forint nyugtán a tétel nettó értéke legfeljebb két tizedesjegyű lehet.',
  '365': 'Forint nyugtán a tétel áfa értéke legfeljebb két tizedesjegyű lehet.',
  '463': 'Sztornózó vagy sztornózott számlához nem tartozhat kifizetettségi információ.',
};
