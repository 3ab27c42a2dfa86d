import { counted, expect, signIn, status, test } from './people'

// The UI asks who is signed in; "nobody" is an answer that browsers log.
test.use({ person: null, provokes: [401] })

test('someone signs in, starts a task, and watches images become warm', async ({ page }) => {
  await page.goto('/')
  await signIn(page, 'admin')
  await expect(page.getByText('Simulated cluster:')).toBeVisible()

  await page.getByRole('button', { name: /new task|make the first task/i }).first().click()
  await page.getByLabel('Images', { exact: true }).fill('nginx:1.27\nredis:7')
  await page.getByText('All nodes', { exact: true }).click()
  await expect(page.getByLabel('Preview')).toContainText(/on \d+ of \d+ nodes/)
  await page.getByText('Limits').click()
  await page.getByLabel('Batch size').fill('50')
  await page.getByLabel('Pulls at once').fill('50')
  await page.getByRole('button', { name: 'Start the task' }).click()

  await expect(status(page)).toContainText('nginx:1.27 + 1 more')
  await expect(status(page)).toContainText(/Succeeded|Partly warm/, { timeout: 60_000 })
  const done = await page.getByText(/of \d+ nodes done/).innerText()
  const [settled, desired] = done.match(/\d+/g)?.map(Number) ?? []
  expect(settled).toBe(desired)
  expect(await counted(page, 'Succeeded')).toBeGreaterThan(0)
  expect((await counted(page, 'Succeeded')) + (await counted(page, 'Skipped'))).toBe(desired)
  await expect(page).toHaveTitle(/^(Succeeded|Partly warm) · nginx:1\.27/)
})

test('no token is where scripts could read it', async ({ page, context }) => {
  await page.goto('/')
  await signIn(page, 'admin')
  await expect(page.getByRole('heading', { name: 'Tasks', exact: true })).toBeVisible()

  const readable = await page.evaluate(() => {
    const stored = [localStorage, sessionStorage].flatMap((store) => Object.entries(store))
    return JSON.stringify([stored, document.cookie])
  })
  const session = (await context.cookies()).find((cookie) => cookie.name.endsWith('ips_session'))

  expect(session?.httpOnly).toBe(true)
  expect(session?.sameSite).toBe('Strict')
  expect(readable).not.toContain(session?.value)
  expect(readable).not.toMatch(/eyJ/) // how every JWT begins
})

test('someone signs out, and the way back is closed', async ({ page }) => {
  await page.goto('/')
  await signIn(page, 'admin')
  await page.getByRole('button', { name: /Signed in as admin/ }).click()
  await page.getByText('Sign out').click()

  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible()
  await page.goto('/tasks')
  await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible()
})

test('a wrong password is said at the form', async ({ page }) => {
  await page.goto('/sign-in')
  await page.getByLabel('User name').fill('nobody')
  await page.getByLabel('Password', { exact: true }).fill('wrong')
  await page.getByRole('button', { name: 'Sign in' }).click()

  await expect(page.getByRole('alert')).toContainText('Wrong user name or password')
})
