import { Button, Drawer } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react';
import { Link } from 'react-router';
import { useTexts } from '../texts.ts';
import { useReturnFocus } from './dialog.tsx';
import styles from './help.module.css';
import { Icon } from './icon.tsx';
import { Failed, Lines } from './page.tsx';

/** A help page in the reader's language; English where a page is not translated. */
export default function HelpDrawer({ page, onClose }: { page: string; onClose: () => void }) {
  const { t } = useTexts();
  useReturnFocus();
  return (
    <Drawer opened onClose={onClose} position="right" title={t('shell.help')} closeButtonProps={{ 'aria-label': t('common.close') }}>
      <HelpPage page={page} onClose={onClose} />
    </Drawer>
  );
}

function HelpPage({ page: first, onClose }: { page: string; onClose: () => void }) {
  const { t, language } = useTexts();
  const [trail, setTrail] = useState([first]);
  const page = trail.at(-1)!;
  const article = useRef<HTMLElement>(null);
  const { data, error, refetch } = useQuery({
    queryKey: ['help', language, page],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => {
      for (const name of [`/help/${language}/${page}.md`, `/help/en/${page}.md`]) {
        const response = await fetch(name);
        if (response.ok && !response.headers.get('content-type')?.includes('html')) return response.text();
      }
      throw new Error(page);
    },
    retry: false,
  });
  // The link that was pressed is gone: the reader stands at the top of the page it led to.
  useEffect(() => {
    if (data === undefined || (page === first && trail.length === 1)) return;
    article.current?.focus();
    article.current?.scrollIntoView({ block: 'start' });
  }, [trail, page, first, data]);
  return (
    <LinksContext.Provider value={{ open: (next) => setTrail((before) => [...before, next]), leave: onClose }}>
      {trail.length > 1 && (
        <Button
          size="compact-sm"
          variant="subtle"
          leftSection={<Icon name="left" size={14} />}
          onClick={() => setTrail((before) => before.slice(0, -1))}
        >
          {t('common.back')}
        </Button>
      )}
      {error ? (
        <Failed error={error} retry={() => void refetch()} />
      ) : data === undefined ? (
        <Lines count={10} />
      ) : (
        <article key={page} ref={article} tabIndex={-1} className={styles.help} style={{ outline: 'none' }}>
          {blocks(data)}
        </article>
      )}
    </LinksContext.Provider>
  );
}

/** The Markdown that help pages use: headings, paragraphs, lists, tables, code and quotes. Text only: no HTML can come through. */
function blocks(source: string): ReactNode[] {
  const lines = source.replace(/\r/g, '').split('\n');
  const out: ReactNode[] = [];
  for (let i = 0; i < lines.length; ) {
    const line = lines[i]!;
    const take = (test: (l: string) => boolean) => {
      const from = i;
      while (i < lines.length && test(lines[i]!)) i++;
      return lines.slice(from, i);
    };
    const heading = /^(#{1,4}) (.*)/.exec(line);
    if (heading) {
      const Tag = `h${Math.min(heading[1]!.length + 1, 4)}` as 'h2' | 'h3' | 'h4';
      out.push(<Tag key={i++}>{inline(heading[2]!)}</Tag>);
    } else if (line.startsWith('```')) {
      i++;
      out.push(<pre key={i}>{take((l) => !l.startsWith('```')).join('\n')}</pre>);
      i++;
    } else if (/^\s*[-*] /.test(line)) {
      out.push(
        <ul key={i}>
          {items(
            take((l) => /^\s*[-*] |^ {2,}\S/.test(l)),
            /^\s*[-*] /,
          )}
        </ul>,
      );
    } else if (/^\d+\. /.test(line)) {
      out.push(
        <ol key={i}>
          {items(
            take((l) => /^\d+\. |^ {2,}\S/.test(l)),
            /^\d+\. /,
          )}
        </ol>,
      );
    } else if (line.startsWith('|')) {
      out.push(
        table(
          take((l) => l.startsWith('|')),
          i,
        ),
      );
    } else if (line.startsWith('> ')) {
      out.push(
        <blockquote key={i}>
          {inline(
            take((l) => l.startsWith('>'))
              .map((l) => l.replace(/^> ?/, ''))
              .join(' '),
          )}
        </blockquote>,
      );
    } else if (line.trim() === '') i++;
    else
      out.push(<p key={i}>{inline(take((l) => l.trim() !== '' && !/^(#|```|\||> |\s*[-*] |\d+\. )/.test(l)).join(' ') || lines[i++]!)}</p>);
  }
  return out;
}

function items(lines: string[], mark: RegExp): ReactNode[] {
  const joined: string[] = [];
  for (const line of lines) {
    if (mark.test(line)) joined.push(line.replace(mark, ''));
    else joined[joined.length - 1] += ` ${line.trim()}`;
  }
  return joined.map((text, i) => <li key={i}>{inline(text)}</li>);
}

function table(lines: string[], key: number): ReactNode {
  const rows = lines
    .filter((l) => !/^\|[\s:|-]+\|$/.test(l))
    .map((l) =>
      l
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  return (
    <table key={key}>
      <thead>
        <tr>
          {rows[0]?.map((cell, i) => (
            <th key={i}>{inline(cell)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.slice(1).map((row, i) => (
          <tr key={i}>
            {row.map((cell, j) => (
              <td key={j}>{inline(cell)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function inline(text: string): ReactNode[] {
  return text.split(/(\*\*[^*]+\*\*|`[^`]+`|\[[^\]]+\]\([^)\s]+\))/).map((part, i) => {
    if (part.startsWith('**')) return <strong key={i}>{part.slice(2, -2)}</strong>;
    if (part.startsWith('`')) return <code key={i}>{part.slice(1, -1)}</code>;
    const [, label, target] = /^\[([^\]]+)\]\(([^)\s]+)\)$/.exec(part) ?? [];
    return label && target ? <HelpLink key={i} label={label} target={target} /> : part;
  });
}

const LinksContext = createContext({ open: (_page: string) => {}, leave: () => {} });

/** A page of help opens here, a screen of ours behind, anything else in a window of its own; a file of the repository is only named. */
function HelpLink({ label, target }: { label: string; target: string }) {
  const { open, leave } = useContext(LinksContext);
  const page = /^([\w-]+)\.md$/.exec(target)?.[1];
  if (page)
    return (
      <button type="button" className={styles.link} onClick={() => open(page)}>
        {label}
      </button>
    );
  if (target.startsWith('/'))
    return (
      <Link to={target} onClick={leave}>
        {label}
      </Link>
    );
  return /^https?:/.test(target) ? (
    <a href={target} target="_blank" rel="noreferrer">
      {label}
    </a>
  ) : (
    label
  );
}
