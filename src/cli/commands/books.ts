import { createWriteStream, existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { checkBooks, checkTaxFiles, makeExportFile, monthOf, monthPack, openExportFile, taxFile } from '../../books/index.ts';
import { createRenderer } from '../../delivery/pdf/renderer.ts';
import { explain } from '../../diagnosis/index.ts';
import type { Language } from '../../domain/documents/document.ts';
import type { Finding } from '../../domain/finding.ts';
import { monthDays } from '../../domain/formats/jpk/index.ts';
import type { Opened } from '../../open.ts';
import type { Who } from '../../toissue/index.ts';
import { choice, day, type ExitCode, type Run, text, type Values, WrongUsage } from '../command.ts';

export async function exportBooks(run: Run, opened: Opened, who: Who, form: string): Promise<ExitCode> {
  const [target] = run.positionals;
  const period = periodOf(run.values);
  if (form === 'pack') return exportPack(run, opened, who, target!, period);
  if (form === 'jpk-v7' || form === 'jpk-fa') return exportTaxFile(run, opened, who, target!, form === 'jpk-v7' ? 'v7' : 'fa', period);
  const connector = opened.ctx.connectors.get(form);
  if (!connector?.manifest.capabilities.includes('folder')) {
    const programs = [...opened.ctx.connectors.values()]
      .filter((c) => c.manifest.capabilities.includes('folder'))
      .map((c) => c.manifest.id);
    throw new WrongUsage(`--as: there is pack, jpk-v7, jpk-fa, ${programs.join(', ')}.`);
  }
  return exportForProgram(run, opened, who, target!, form, period);
}

function periodOf(values: Values): { from: string; to: string } {
  const month = text(values, 'month');
  if (month !== undefined) {
    if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(month)) throw new WrongUsage('--month is a month such as 2026-09.');
    return monthDays(monthOf(month));
  }
  const [from, to] = [day(values, 'from'), day(values, 'to')];
  if (!from || !to) throw new WrongUsage('--month, or --from and --to, are needed.');
  if (from > to) throw new WrongUsage('--from is after --to.');
  return { from, to };
}

/** A folder takes the file under its own name. */
function placeOf(target: string, name: string): string {
  return existsSync(target) && statSync(target).isDirectory() ? path.join(target, name) : target;
}

/** One line for each thing to know, with the documents it is about. */
function say(run: Run, opened: Opened, findings: (Finding & { number?: string })[], connector?: string): void {
  const groups = new Map<string, { mark: string; numbers: string[] }>();
  for (const { number, ...finding } of findings) {
    // The number stands before the sentence, so that what is said of many is said once.
    const params = { ...finding.params, ...(number ? { number: '' } : {}) };
    const said = explain(opened.ctx, { ...finding, params: number ? params : finding.params, connector }, 'en');
    const line = [said.text.replace(' – ', ' '), said.remedy].filter(Boolean).join(' ');
    const known = groups.get(line) ?? { mark: finding.level === 'hold' ? '!' : '·', numbers: [] };
    groups.set(line, { ...known, numbers: number ? [...known.numbers, number] : known.numbers });
  }
  for (const [line, { mark, numbers }] of groups) {
    const named =
      numbers.length > shownNumbers ? [...numbers.slice(0, shownNumbers), `and ${numbers.length - shownNumbers} more`] : numbers;
    run.out.say(`  ${mark} ${line}${named.length > 0 ? ` (${named.join(', ')})` : ''}`);
  }
}

const shownNumbers = 5;

async function exportPack(run: Run, opened: Opened, who: Who, target: string, period: { from: string; to: string }): Promise<ExitCode> {
  const renderer = createRenderer();
  try {
    const language = choice(run.values, 'language', ['', 'pl', 'hu', 'sv', 'en'] as const, '');
    const check = await checkBooks(opened.ctx, who.organizationId, period);
    const pack = await monthPack(
      opened.ctx,
      renderer.render.bind(renderer),
      who.organizationId,
      period,
      (language || undefined) as Language,
    );
    const file = placeOf(target, pack.name);
    await pipeline(pack.bytes, createWriteStream(file));
    const { breaks, gaps, complete } = check.completeness;
    run.out.say(`${file} written`);
    run.out.say(complete ? 'Nothing is missing.' : `${breaks} breaks and ${gaps} gaps: see the completeness sheet.`);
    for (const tax of check.taxFiles) {
      if (!tax.ready) run.out.say(`${tax.file === 'v7' ? 'JPK_V7' : 'JPK_FA'} was not made:`);
      say(run, opened, tax.findings);
    }
    run.out.result({ file, check });
    return complete && check.taxFiles.every((t) => t.ready) ? 0 : 1;
  } finally {
    await renderer.close();
  }
}

async function exportTaxFile(
  run: Run,
  opened: Opened,
  who: Who,
  target: string,
  file: 'v7' | 'fa',
  period: { from: string; to: string },
): Promise<ExitCode> {
  const month = monthOf(period.from);
  const whole = monthDays(month);
  if (whole.from !== period.from || whole.to !== period.to)
    throw new WrongUsage('Files for the tax office are made for a whole month: --month.');
  const check = (await checkTaxFiles(opened.ctx, who.organizationId, month)).find((c) => c.file === file);
  if (!check) throw new WrongUsage('Files for the tax office exist for Polish sellers only.');
  const made = await taxFile(opened.ctx, who.organizationId, file, month);
  if (!made) run.out.say('No file was made:');
  say(run, opened, check.findings);
  if (made) {
    const place = placeOf(target, made.name);
    await pipeline(Readable.from(made.text, { objectMode: false }), createWriteStream(place));
    run.out.say(`${check.documents} documents written to ${place}`);
    run.out.result({ file: place, check });
    return 0;
  }
  run.out.result({ check });
  return 1;
}

async function exportForProgram(
  run: Run,
  opened: Opened,
  who: Who,
  target: string,
  connector: string,
  period: { from: string; to: string },
): Promise<ExitCode> {
  const connectionId = text(run.values, 'connection');
  const result = await makeExportFile(opened.ctx, who, {
    connector,
    ...(connectionId && { connectionId }),
    ...period,
    again: run.values.again === true,
  });
  const refused = 'made' in result ? result.made.refused : result.refused;
  if ('findings' in result) say(run, opened, result.findings);
  say(
    run,
    opened,
    refused.flatMap((one) => one.findings.map((f) => ({ ...f, number: one.number }))),
    connector,
  );
  if ('findings' in result) {
    run.out.result(result);
    return 1;
  }
  const { made, alreadyOut } = result;
  const place = placeOf(target, made.name);
  const opening = await openExportFile(opened.ctx, who.organizationId, made.id);
  await pipeline(Readable.from(opening!.bytes, { objectMode: false }), createWriteStream(place));
  run.out.say(`${made.documents} documents written to ${place}${alreadyOut > 0 ? `, ${alreadyOut} were out before` : ''}`);
  run.out.result({ file: place, ...made, alreadyOut });
  return refused.length > 0 ? 1 : 0;
}
