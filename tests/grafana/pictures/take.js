// Takes pictures of pages in real time: what to do is JSON on standard input,
// {executable, pages: [{url, file, width, height}]}, and so is what was seen on standard output:
// for each page the titles of panels with an error or a warning, and what the browser complained of.
const { chromium } = require('playwright-core');

const LOADED_MS = 60000;
const SETTLED_MS = 3000;

async function titles(page, selector) {
  const panels = page.locator('section[data-testid^="data-testid Panel header"]').filter({ has: page.locator(selector) });
  const names = await panels.evaluateAll((all) => all.map((one) => one.getAttribute('data-testid')));
  return names.map((name) => name.replace('data-testid Panel header ', ''));
}

async function take(browser, { url, file, width, height }) {
  const page = await browser.newPage({ viewport: { width, height } });
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(url, { timeout: LOADED_MS });
  await page.locator('section[data-testid^="data-testid Panel header"]').first().waitFor({ timeout: LOADED_MS });
  await page.waitForTimeout(SETTLED_MS);
  await page.waitForFunction(() => !document.querySelector('[aria-label="Panel loading bar"]'), null, { timeout: LOADED_MS }).catch(() => {});
  const panels = await titles(page, 'h2, h6, [title]');
  const failed = await titles(page, '[data-testid="data-testid Panel status error"]');
  const empty = await titles(page, '[data-testid="data-testid Panel data error message"]');
  const scrolled = await page.locator('section[data-testid^="data-testid Panel header"]').evaluateAll((all) =>
    all.filter((one) => [...one.querySelectorAll('[role="grid"], .rdg, [class*="scroll"]')].some((part) => part.scrollWidth > part.clientWidth + 2))
      .map((one) => one.getAttribute('data-testid').replace('data-testid Panel header ', '')));
  await page.screenshot({ path: file });
  await page.close();
  return { url, panels, failed, empty, scrolled, complaints };
}

async function main() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const { executable, pages } = JSON.parse(Buffer.concat(chunks));
  const browser = await chromium.launch({ executablePath: executable, args: ['--no-sandbox', '--disable-gpu'] });
  const seen = [];
  for (const one of pages) seen.push(await take(browser, one));
  await browser.close();
  process.stdout.write(JSON.stringify(seen));
}

main().catch((error) => { process.stderr.write(`${error.stack}\n`); process.exit(1); });
