import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { NodeCompiler } from '@myriaddreamin/typst-ts-node-compiler';

/** What PDFs are set in. Noto Sans has the alphabets of Europe; the rest of the world is loaded with the first text that needs it. */

const require = createRequire(import.meta.url);
const families = {
  'Noto Sans': ['noto-sans/400Regular/NotoSans_400Regular', 'noto-sans/500Medium/NotoSans_500Medium', 'noto-sans/700Bold/NotoSans_700Bold'],
};
/** In the order in which they are asked for a letter. */
const worldFamilies = {
  'Chocolate Classical Sans': ['chocolate-classical-sans/400Regular/ChocolateClassicalSans_400Regular'],
  NanumGothic: ['nanum-gothic/400Regular/NanumGothic_400Regular', 'nanum-gothic/700Bold/NanumGothic_700Bold'],
  'Noto Sans Thai': ['noto-sans-thai/400Regular/NotoSansThai_400Regular', 'noto-sans-thai/700Bold/NotoSansThai_700Bold'],
  'Noto Sans Hebrew': ['noto-sans-hebrew/400Regular/NotoSansHebrew_400Regular', 'noto-sans-hebrew/700Bold/NotoSansHebrew_700Bold'],
  'Noto Sans Arabic': ['noto-sans-arabic/400Regular/NotoSansArabic_400Regular', 'noto-sans-arabic/700Bold/NotoSansArabic_700Bold'],
};

const read = (of: Record<string, string[]>) =>
  Object.values(of).flatMap((files) => files.map((file) => readFileSync(require.resolve(`@expo-google-fonts/${file}.ttf`))));

/** The files of all fonts, for the test that compares them with the letters that documents may have. */
export const fontFiles = () => [...read(families), ...read(worldFamilies)];

/** Letters of Noto Sans, roughly: enough to tell that the fonts of the world may stay where they are. */
const european = /^[\u0000-\u052f\u1e00-\u218f]*$/;

type Typesetter = { compiler: NodeCompiler; fonts: string[] };

/** Compilers by the fonts a text needs, each made once, each with its files in `workspace`. */
export function typesetters(workspace?: string): (text: string) => Typesetter {
  const make = (of: Record<string, string[]>): Typesetter => ({
    compiler: NodeCompiler.create({ ...(workspace ? { workspace } : {}), fontArgs: [{ fontBlobs: read(of) }] }),
    fonts: Object.keys(of),
  });
  const europe = make(families);
  let world: Typesetter | undefined;
  return (text) => {
    if (european.test(text)) return europe;
    world ??= make({ ...families, ...worldFamilies });
    return world;
  };
}
