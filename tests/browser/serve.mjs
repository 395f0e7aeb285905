// Chromium, driven by lines of JSON on standard input; each is answered by one line on standard output.

import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const [executablePath, profile] = process.argv.slice(2);
const context = await chromium.launchPersistentContext(profile, {
  executablePath,
  headless: true,
  viewport: { width: 640, height: 400 },
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
const page = await context.newPage();

// Runs in the page.
async function callInPage({ module, name, args }) {
  try {
    return { value: (await (await import(module))[name](...args)) ?? null };
  } catch (error) {
    return { error: { name: error.name, message: error.message } };
  }
}

// Runs in the page.
async function fetchInPage({ url, options }) {
  try {
    const answer = await fetch(url, options);
    return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() };
  } catch (error) {
    return { error: { name: error.name, message: error.message } };
  }
}

const commands = {
  open: async ({ url }) => {
    await page.goto(url);
    await page.waitForSelector("body[data-ready]");
  },
  fill: async ({ selector, text }) => void (await page.fill(selector, text)),
  click: async ({ selector }) => void (await page.click(selector)),
  read: async ({ selector }) => {
    await page.waitForFunction((it) => document.querySelector(it).textContent, selector);
    return page.textContent(selector);
  },
  screenshot: async ({ path }) => void (await page.screenshot({ path })),
  call: (call) => page.evaluate(callInPage, call),
  fetch: (request) => page.evaluate(fetchInPage, request),
};

page.setDefaultTimeout(15_000);
for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...rest } = JSON.parse(line);
  let answer;
  try {
    answer = { result: (await commands[command](rest)) ?? null };
  } catch (error) {
    answer = { crash: String(error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
await context.close();
