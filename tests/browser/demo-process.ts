/** `fakturist demo --json` in the process that the stories start and end. */
process.argv.push('demo', '--json');
await import('../../src/cli/main.ts');
