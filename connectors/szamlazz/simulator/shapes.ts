/**
 * The structure of every Agent request as data: names, order, how often, type of value. Written from the element lists of the contract
 * (sections 4–9), because the provider's schemas may not be redistributed; a test holds both to the same verdicts where they are at hand.
 */
export type SimpleType = 'string' | 'boolean' | 'int' | 'count' | 'double' | 'date' | 'language' | 'base8';
export type Shape = { order: 'sequence' | 'all'; parts: ElementRule[] };
export type ElementRule = { name: string; min: number; max: number; content: SimpleType | Shape };

/** Rule text: `name`, `name:type`, suffix `?` optional, `+` one or more, `*5` none to five. */
function shape(order: Shape['order'], rules: string, nested: Record<string, Shape> = {}): Shape {
  return {
    order,
    parts: rules
      .trim()
      .split(/\s+/)
      .map((rule) => elementRule(rule, nested)),
  };
}

function elementRule(rule: string, nested: Record<string, Shape>): ElementRule {
  const [, name, type, often] = /^([^:?+*]+)(?::([a-z0-9]+))?(\?|\+|\*\d+)?$/i.exec(rule) ?? [];
  if (!name) throw new Error(`not a rule: ${rule}`);
  const max = often === '+' ? Number.POSITIVE_INFINITY : often?.startsWith('*') ? Number(often.slice(1)) : 1;
  return { name, min: often === '?' || often?.startsWith('*') ? 0 : 1, max, content: nested[name] ?? ((type ?? 'string') as SimpleType) };
}

const sequence = (rules: string, nested?: Record<string, Shape>) => shape('sequence', rules, nested);
const all = (rules: string, nested?: Record<string, Shape>) => shape('all', rules, nested);

const login = 'felhasznalo? jelszo? szamlaagentkulcs?';

const invoice = sequence('beallitasok fejlec elado vevo fuvarlevel? tetelek', {
  beallitasok: sequence(`${login} eszamla:boolean szamlaLetoltes:boolean szamlaLetoltesPld:int? valaszVerzio:int? aggregator?
    guardian:boolean? cikkazoninvoice:boolean? szamlaKulsoAzon?`),
  fejlec: sequence(`keltDatum:date? teljesitesDatum:date fizetesiHataridoDatum:date fizmod penznem szamlaNyelve:language megjegyzes?
    arfolyamBank? arfolyam:double? rendelesSzam? dijbekeroSzamlaszam? elolegszamla:boolean? vegszamla:boolean? elolegSzamlaszam?
    helyesbitoszamla:boolean? helyesbitettSzamlaszam? dijbekero:boolean? szallitolevel:boolean? logoExtra? szamlaszamElotag?
    fizetendoKorrekcio:double? fizetve:boolean? arresAfa:boolean? eusAfa:boolean? szamlaSablon? simpleItems:boolean?
    elonezetpdf:boolean?`),
  elado: sequence('bank? bankszamlaszam? emailReplyto? emailTargy? emailSzoveg? alairoNeve?'),
  vevo: sequence(
    `nev orszag? irsz telepules cim email? sendEmail:boolean? adoalany:int? adoszam? csoportazonosito? adoszamEU? postazasiNev?
    postazasiOrszag? postazasiIrsz? postazasiTelepules? postazasiCim? vevoFokonyv? azonosito? alairoNeve? telefonszam? megjegyzes?`,
    {
      vevoFokonyv: sequence(
        'konyvelesDatum:date? vevoAzonosito? vevoFokonyviSzam? folyamatosTelj:boolean? elszDatumTol:date? elszDatumIg:date?',
      ),
    },
  ),
  fuvarlevel: sequence('uticel? futarSzolgalat? vonalkod? megjegyzes? tof? ppp? sprinter? mpl?', {
    tof: sequence('azonosito? shipmentID? csomagszam:int? countryCode? zip? service?'),
    ppp: sequence('vonalkodPrefix? vonalkodPostfix?'),
    sprinter: sequence('azonosito? feladokod? iranykod? csomagszam:int? vonalkodPostfix? szallitasiIdo?'),
    mpl: sequence('vevokod vonalkod tomeg kulonszolgaltatasok? erteknyilvanitas:double?'),
  }),
  tetelek: sequence('tetel+', {
    tetel: sequence(
      `megnevezes azonosito? mennyiseg:double mennyisegiEgyseg nettoEgysegar:double afakulcs arresAfaAlap:double? nettoErtek:double
      afaErtek:double bruttoErtek:double megjegyzes? tetelFokonyv? torloKod:count?`,
      {
        tetelFokonyv: sequence(
          'gazdasagiEsem? gazdasagiEsemAfa? arbevetelFokonyviSzam? afaFokonyviSzam? elszDatumTol:date? elszDatumIg:date?',
        ),
      },
    ),
  }),
});

const storno = sequence('beallitasok fejlec elado? vevo?', {
  beallitasok: sequence(`${login} eszamla:boolean szamlaLetoltes:boolean szamlaLetoltesPld:int? aggregator? guardian:boolean?
    valaszVerzio:int? szamlaKulsoAzon?`),
  fejlec: sequence('szamlaszam keltDatum:date? teljesitesDatum:date? megjegyzes? tipus? szamlaSablon?'),
  elado: sequence('emailReplyto? emailTargy? emailSzoveg?'),
  vevo: sequence('email? adoszam? adoszamEU?'),
});

const creditEntry = sequence('beallitasok kifizetes*5', {
  beallitasok: sequence(`${login} szamlaszam adoszam? additiv:boolean aggregator? valaszVerzio:int?`),
  kifizetes: sequence('datum:date jogcim osszeg:double leiras?'),
});

const proformaDeletion = sequence('beallitasok fejlec', {
  beallitasok: sequence(login),
  fejlec: sequence('szamlaszam? rendelesszam?'),
});

const receipt = all('beallitasok fejlec tetelek kifizetesek?', {
  beallitasok: all(`${login} pdfLetoltes:boolean`),
  fejlec: all('hivasAzonosito? elotag fizmod penznem devizaarf:double? devizabank? megjegyzes? pdfSablon? fokonyvVevo? rendelesSzam?'),
  tetelek: sequence('tetel+', {
    tetel: all(
      `megnevezes azonosito? mennyiseg:double mennyisegiEgyseg nettoEgysegar:double afakulcs netto:double afa:double brutto:double
      fokonyv? megjegyzes? torloKod:count?`,
      { fokonyv: all('arbevetel? afa?') },
    ),
  }),
  kifizetesek: sequence('kifizetes+', { kifizetes: all('fizetoeszkoz osszeg:double leiras?') }),
});

const receiptStorno = sequence('beallitasok fejlec', {
  beallitasok: sequence(`${login} pdfLetoltes:boolean`),
  fejlec: sequence('nyugtaszam pdfSablon? hivasAzonosito?'),
});

const receiptGet = all('beallitasok fejlec', {
  beallitasok: all(`${login} pdfLetoltes:boolean`),
  fejlec: all('nyugtaszam? rendelesSzam? hivasAzonosito? pdfSablon?'),
});

const receiptSend = sequence('beallitasok fejlec emailKuldes?', {
  beallitasok: sequence(login),
  fejlec: sequence('nyugtaszam'),
  emailKuldes: sequence('email? emailReplyto? emailTargy? emailSzoveg?'),
});

/** Shape by root element; the namespace is `http://www.szamlazz.hu/` + root. */
export const requestShapes: Record<string, Shape> = {
  xmlszamla: invoice,
  xmlszamlast: storno,
  xmlszamlakifiz: creditEntry,
  xmlszamlapdf: sequence(`${login} szamlaszam? valaszVerzio:int rendelesSzam? szamlaKulsoAzon?`),
  xmlszamlaxml: sequence(`${login} szamlaszam? rendelesSzam? pdf:boolean? szamlaKulsoAzon?`),
  xmlszamladbkdel: proformaDeletion,
  xmlnyugtacreate: receipt,
  xmlnyugtast: receiptStorno,
  xmlnyugtaget: receiptGet,
  xmlnyugtasend: receiptSend,
  xmltaxpayer: sequence('beallitasok torzsszam:base8', { beallitasok: sequence(login) }),
};
