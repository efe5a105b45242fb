import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

/** The distribution's Chromium, or the one that is named; undefined where there is none. */
export const chromiumPath = [
  process.env.FAKTURIST_TEST_BROWSER,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((place) => place && existsSync(place));

/**
 * What Chromium would do beside the page. The first three make two pages of its own behind the address bar of every fresh profile, half a
 * second of the processor each time, though nobody sees that bar; the fourth keeps one more process ready. The others are those that
 * Playwright switches off too: of two such lists only the last counts.
 */
const unneeded = [
  'WebUIOmniboxPopup',
  'WebUIOmniboxAimPopup',
  'WebUIOmniboxFullPopup',
  'SpareRendererForSitePerProcess',
  'AimEnabled',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'ThirdPartyStoragePartitioning',
];

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox', `--disable-features=${unneeded.join(',')}`] });
}
