import { expect, test } from './people'

test.use({ person: 'admin' })

const pages = {
  '/admin/': 'Administration',
  '/admin/prewarm/task/': 'Select task to view',
  '/admin/accounts/user/': 'Select user to change',
  '/admin/accounts/user/add/': 'Add user',
  '/admin/prewarm/setting/': 'Select setting to view',
  '/admin/django_rq/dashboard/': 'Queues',
  '/admin/django_rq/dashboard/queues/0/empty/': 'Are you sure?',
} as const

for (const [path, heading] of Object.entries(pages)) {
  test(`${path} breaks no policy of its own`, async ({ page }) => {
    await page.goto(path)

    await expect(page.getByRole('heading', { name: heading })).toBeVisible()
    await expect(page.getByRole('note')).toHaveText('simulated cluster')
  })
}

test('the documentation of the API is there without the internet', async ({ page }) => {
  await page.goto('/api/docs/')

  await expect(page.getByRole('heading', { name: /^IPS, the Image Prewarm Service/ })).toBeVisible()
})

test('the intake is paused in the admin, and opened again', async ({ page }) => {
  await page.goto('/admin/prewarm/setting/')
  await page.getByLabel('Reason, for everyone who waits').fill('The registry moves.')
  await page.getByRole('button', { name: 'Pause the intake' }).click()
  await expect(page.getByText('Reason: The registry moves.')).toBeVisible()

  await page.getByRole('button', { name: 'Let pulls start again' }).click()
  await expect(page.getByText('Pulls start again.')).toBeVisible()
})
