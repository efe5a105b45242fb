// Runs before the first paint, so that neither the theme nor the language flashes. A file, because the policy forbids inline scripts.
(() => {
  const scheme = localStorage.getItem('fakturist.scheme');
  const dark = scheme === 'dark' || (scheme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.mantineColorScheme = dark ? 'dark' : 'light';
  const known = ['pl', 'en', 'hu', 'sv'];
  const wished = [localStorage.getItem('fakturist.language'), ...navigator.languages.map((l) => l.slice(0, 2))];
  document.documentElement.lang = wished.find((l) => known.includes(l)) ?? 'en';
})();
