import { defineConfig } from '@playwright/test'

/**
 * People's paths in a real browser, against a real instance on the simulated cluster.
 *
 * The instance is started and stopped by the run itself; IPS_URL with IPS_PASSWORD (and IPS_USER, "admin") names one
 * that runs already, which is left as it is.
 */
export default defineConfig({
  testDir: 'tests/browser',
  globalSetup: './tests/browser/setup.ts',
  outputDir: 'test-results',
  workers: 1,
  // Chromium drops what it is loading whenever a network interface of the machine comes or goes, as clusters make them.
  retries: 1,
  timeout: 90_000,
  expect: { timeout: 20_000 },
  forbidOnly: true,
  reporter: [['list']],
  use: {
    viewport: { width: 1440, height: 900 },
    screenshot: 'only-on-failure',
    trace: 'on-first-retry',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
})
